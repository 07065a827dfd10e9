// Whole nets: how layers are put together, as pipeline/layers/networks.py and pipeline/models do it, and what a run of one leaves behind.
"use strict";

const nets = (() => {
  const { f, times, zeros, dot, argmax, softmax, elman, lstm, gru, memoryBlocks, carousel, readout } = layers;

  // What a run leaves behind. `hidden` holds a row of `units` for each frame, `cells` one of memory cells where there are any. Frames are
  // positions; an encoder-decoder first reads all of them, and then writes as many. `outputs` holds a symbol for each position.
  function record(positions, frames, units, cells) {
    return {
      positions,
      frames,
      units,
      cellUnits: cells,
      hidden: new Float32Array(frames * units),
      cells: cells ? new Float32Array(frames * cells) : null,
      outputs: new Int32Array(positions),
      attention: frames > positions ? new Float32Array(positions * positions) : null,
    };
  }

  // A net that answers as it reads; `stack` holds [recurrent layer, readout or null].
  function causal(stack, options = {}) {
    const units = stack.reduce((sum, [layer]) => sum + layer.width, 0);
    const last = stack[stack.length - 1][0];
    return {
      causal: true,
      units,
      // The layer whose state is what the net keeps in mind.
      visible: last.width,
      run(symbols) {
        const kept = record(symbols.length, symbols.length, units, last.cells ?? 0);
        let states = stack.map(([layer]) => layer.start());
        for (let t = 0; t < symbols.length; t++) {
          let value = options.scalar ? Float32Array.of(symbols[t]) : symbols[t];
          let at = t * units;
          states = stack.map(([layer, read], place) => {
            const state = layer.step(layer.feed(value), states[place]);
            kept.hidden.set(state[0], at);
            at += layer.width;
            value = read ? read(state[0]) : state[0];
            return state;
          });
          if (kept.cells) kept.cells.set(states[states.length - 1][1], t * kept.cellUnits);
          kept.outputs[t] = options.numeric ? roundHalfToEven(value[0]) : argmax(value);
        }
        return kept;
      },
    };
  }

  // As NumPy and TensorFlow round.
  function roundHalfToEven(x) {
    const below = Math.floor(x);
    return x - below === 0.5 ? below + (Math.abs(below) % 2) : Math.round(x);
  }

  // A net that reads all, and then writes; `begin(memory, state)` gives a function that writes one symbol and says where it looks.
  function encoderDecoder(encoder, decoderWidth, begin) {
    const units = encoder.width + decoderWidth;
    return {
      causal: false,
      units,
      visible: units,
      split: encoder.width,
      run(symbols) {
        const n = symbols.length;
        const kept = record(n, 2 * n, units, 0);
        let state = encoder.start();
        const memory = [];
        for (let t = 0; t < n; t++) {
          state = encoder.step(encoder.feed(symbols[t]), state);
          memory.push(state[0]);
          kept.hidden.set(state[0], t * units);
        }
        const write = begin(memory, state, symbols);
        for (let t = 0; t < n; t++) {
          const { symbol, hidden, look } = write(t);
          kept.outputs[t] = symbol;
          kept.hidden.set(memory[n - 1], (n + t) * units);
          kept.hidden.set(hidden, (n + t) * units + encoder.width);
          if (look) kept.attention.set(look, t * n);
          else kept.blind = true;
        }
        return kept;
      },
    };
  }

  function pointer(w) {
    const [encoder, decoder, kernel] = [elman(w, "encoder"), elman(w, "decoder"), w["pointing/kernel"]];
    return encoderDecoder(encoder, decoder.width, (memory, begun, symbols) => {
      let state = begun;
      const unread = memory.map(() => true);
      return () => {
        const asked = times(state[0], kernel);
        const scores = Float32Array.from(memory, (m, i) => (unread[i] ? dot(asked, m) : f(-1e9)));
        const pick = argmax(scores);
        unread[pick] = false;
        state = decoder.step(decoder.feed(memory[pick]), state);
        return { symbol: symbols[pick], hidden: state[0], look: softmax(scores) };
      };
    });
  }

  function attention(w, params) {
    const [encoder, decoder, read] = [elman(w, "encoder"), elman(w, "decoder"), readout(w, "readout")];
    const [window, kernel] = [readout(w, "attention_window"), w["attention/kernel"]];
    return encoderDecoder(encoder, decoder.width, (memory) => {
      let state = decoder.start();
      let place = -1;
      return () => {
        let scores;
        if (params.mechanism === "content") {
          const asked = times(state[0], kernel);
          scores = Float32Array.from(memory, (m) => dot(asked, m));
        } else {
          const [pace, sharpness] = window(state[0]).map((x) => f(Math.exp(x)));
          place = f(place + pace);
          scores = Float32Array.from(memory, (_, t) => f(-sharpness * f(f(place - t) * f(place - t))));
        }
        const look = softmax(scores);
        const context = zeros(encoder.width);
        memory.forEach((m, t) => m.forEach((x, i) => (context[i] = f(context[i] + look[t] * x))));
        state = decoder.step(decoder.feed(context), state);
        return { symbol: argmax(read(state[0])), hidden: state[0], look };
      };
    });
  }

  function seq2seq(w, params) {
    const [encoder, decoder, read] = [lstm(w, "encoder", params), lstm(w, "decoder", params), readout(w, "readout")];
    return encoderDecoder(encoder, decoder.width, (memory) => {
      const fed = decoder.feed(memory[memory.length - 1]);
      let state = decoder.start();
      return () => {
        state = decoder.step(fed, state);
        return { symbol: argmax(read(state[0])), hidden: state[0] };
      };
    });
  }

  function multiLayer(w, params) {
    const places = Array.from({ length: params.layers }, (_, i) => i + 1);
    return causal(places.map((i) => [elman(w, `recurrent_${i}`), readout(w, `readout_${i}`)]));
  }

  const one = (layer, w, options) => causal([[layer, readout(w, "readout")]], options);

  // By the name of the architecture in params.yaml.
  const ARCHITECTURES = {
    attention,
    carousel: (w, params) => one(carousel(w, "recurrent"), w, { scalar: true, numeric: true }),
    gru: (w, params) => one(gru(w, "recurrent", params), w),
    lstm: (w, params) => one(lstm(w, "recurrent", params), w, { scalar: params.scalar_input }),
    lstm_1997: (w, params) => one(memoryBlocks(w, "recurrent", params), w),
    multi_layer_rnn: multiLayer,
    pointer,
    seq2seq,
    simple_rnn: (w, params) => one(elman(w, "recurrent"), w),
  };

  const built = new Map();

  // Make a function of a net of the page: `experiment` and `net` are entries of its data, the latter with its weights.
  function load(experiment, net) {
    const key = `${experiment.name} ${net.seed}`;
    if (!built.has(key)) {
      const made = ARCHITECTURES[experiment.model.name](net.weights, experiment.model);
      built.set(key, made);
    }
    return built.get(key);
  }

  return { ARCHITECTURES, load };
})();
