// One net: which one it is, what is known of it, how it reads the input, and what goes on inside it.
"use strict";

const panel = (() => {
  // Encoder-decoders look at every position for each that they write.
  const LONGEST = { causal: 10100, other: 200 };
  const BADGES = {
    proved: ["confirmed", "proved"],
    wrong: ["not-confirmed", "wrong somewhere"],
    refused: ["open", "undecided"],
  };

  const part = (root, name) => root.querySelector(`[data-part="${name}"]`);

  function option(value, text) {
    const made = document.createElement("option");
    made.value = value;
    made.textContent = text;
    return made;
  }

  // Make the panel in `root`; `changed(experiment name, seed)` is called when a person chooses another net.
  function create(root, data, changed) {
    const get = (name) => part(root, name);
    let side = null;
    let view = null;
    let own = null;
    let light = null;

    get("experiment").addEventListener("change", (event) => {
      const experiment = data.experiments.find((e) => e.name === event.target.value);
      changed(experiment, experiment.nets.some((net) => net.seed === side.seed) ? side.seed : experiment.nets[0].seed);
    });
    get("seed").addEventListener("change", (event) => changed(side.experiment, Number(event.target.value)));

    // Show a net, without an input yet.
    function choose(next, experiments) {
      side = next;
      get("experiment").replaceChildren(...experiments.map((e) => option(e.name, `${address.short(e)} (${e.source === "ours" ? "ours" : e.source === "post" ? "the post’s" : e.source})`)));
      get("experiment").value = side.experiment.name;
      get("seed").replaceChildren(...side.experiment.nets.map((net) => option(net.seed, `seed ${net.seed}${{ proved: " · proved", wrong: " · wrong", refused: "" }[net.verdict?.verdict] ?? ""}`)));
      get("seed").value = side.seed;
      const net = side.experiment.nets.find((n) => n.seed === side.seed);
      const verdict = net.verdict;
      const margin = verdict?.margin ? ` The right answer leads by at least ${verdict.margin.toFixed(1)} logits, whatever it reads.` : "";
      get("sentence").textContent = side.experiment.sentence + margin;
      const [kind, word] = BADGES[verdict?.verdict] ?? ["open", "no proof was tried"];
      get("badge").className = `badge ${kind}`;
      get("badge").textContent = word;
      get("verdict").textContent = !verdict
        ? ""
        : verdict.verdict === "proved"
          ? (verdict.said?.replace("proved: ", "") ?? "right on every input of every length")
          : verdict.verdict === "wrong"
            ? "there is an input that it answers wrongly"
            : "neither a proof nor a wrong answer was found";
      get("found").textContent = "";
    }

    const net = () => side.experiment.nets.find((n) => n.seed === side.seed);

    // Let the net read an input, given as what a person writes or as symbols. Returns what came of it; null after a complaint, and while the
    // net is not here yet.
    function read(variant, symbolsOf) {
      if (!net().weights) {
        complain("");
        get("stage").hidden = true;
        return (view = null);
      }
      const made = nets.load(side.experiment, net());
      let symbols;
      try {
        const found = symbolsOf(variant);
        symbols = found.symbols;
        get("notice").textContent = found.own ? `This net was trained on inputs of another length, with symbols of their own; it reads ${tasks.show(variant, symbols).length > 40 ? "an example of them" : tasks.show(variant, symbols)}.` : "";
        const longest = made.causal ? LONGEST.causal : LONGEST.other;
        if (symbols.length > longest) throw new Error(`${made.causal ? "Expected" : "This net looks at the whole input for each symbol that it writes: expected"} up to ${longest.toLocaleString("en")} symbols, got ${symbols.length.toLocaleString("en")}.`);
      } catch (error) {
        complain(error.message);
        return null;
      }
      complain("");
      const run = made.run(symbols);
      const count = tasks.answers(variant, symbols.length);
      const exact = tasks.exact(variant, symbols);
      const wrong = [];
      if (exact) for (let i = 0; i < count; i++) if (exact[i] !== run.outputs[symbols.length - count + i]) wrong.push(i);
      view = { variant, net: made, symbols, run, count, exact, wrong, first: wrong[0] ?? -1, states: tasks.states(variant, symbols), scales: scalesOf(made, run), t: run.frames };
      inside(variant, made);
      answers.show(get, view);
      return view;
    }

    // The largest value in what is drawn in one block: all of the state, or that of the encoder and that of the decoder.
    function scalesOf(made, run) {
      const scales = [0.1, 0.1];
      run.hidden.forEach((x, i) => {
        const block = made.split && i % run.units >= made.split ? 1 : 0;
        scales[block] = Math.max(scales[block], Math.abs(x));
      });
      return scales;
    }

    function complain(message) {
      get("complaint").textContent = message;
      get("stage").hidden = Boolean(message);
      if (message) view = null;
    }

    function inside(variant, made) {
      const finite = variant.rule?.kind === "transducer" && made.causal;
      const remembers = Boolean(variant.pair) && made.causal;
      own = finite ? space.prepare(made, variant, net().proof) : null;
      view.sets = own?.sets.length ? space.setsOf(own, view.symbols) : null;
      get("lens").hidden = !view.sets;
      get("space-key").textContent = `Dots: hidden states of the net in a plane, in the colour of the machine’s state.${view.sets ? " Outlines, and rings where they are too small to see: the sets of the proof, which it never leaves." : ""}`;
      light = finite ? machine.draw(get("machine"), variant) : null;
      get("finite").hidden = !finite;
      get("attention").hidden = made.causal || view.run.blind === true;
      get("memory").hidden = !remembers;
      get("inside").hidden = get("finite").hidden && get("attention").hidden && get("memory").hidden;
      get("legend").hidden = !view.states;
      get("legend").replaceChildren(...(view.states ? variant.rule.states.map(legendItem) : []));
      if (remembers) remember(variant, made);
    }

    function legendItem(name, state) {
      const item = document.createElement("li");
      const mark = document.createElement("span");
      mark.className = `mark ${drawing.LOOKS[state % drawing.LOOKS.length][1]}`;
      mark.style.color = `var(--${drawing.LOOKS[state % drawing.LOOKS.length][0]})`;
      mark.setAttribute("aria-hidden", "true");
      item.append(mark, ` ${name}`);
      return item;
    }

    function remember(variant, made) {
      view.memory = { ...memory.measure(made, variant), trained: variant.length };
      const { cells, lost, names, unit } = view.memory;
      const what = `${cells ? "memory cell" : "unit"} ${unit + 1}`;
      const kept = lost >= memory.STEPS ? `After ${memory.STEPS.toLocaleString("en")} steps it still tells them apart.` : `After step ${lost.toLocaleString("en")} nothing in the net tells them apart.`;
      get("memory-says").textContent = `Two inputs that differ in the first symbol alone, ${names[0]} (blue) and ${names[1]} (orange), in the net’s ${what}, which tells them apart most clearly. What is read between is repeated up to ${memory.STEPS.toLocaleString("en")} steps. ${kept}${lost < memory.STEPS ? " Grey: where both are the same." : ""}`;
      get("memory-canvas").setAttribute("aria-label", `${what} over ${memory.STEPS} steps, begun with ${names[0]} and with ${names[1]}. ${kept}`);
    }

    // Draw the moment `t`.
    function draw(t) {
      if (!view) return;
      view.t = Math.min(t, view.run.frames);
      const place = drawing.strip(get("strip"), view);
      get("overview").hidden = place.seen >= view.run.positions;
      if (!get("overview").hidden) drawing.overview(get("overview"), view, place);
      if (own) {
        const at = Math.min(Math.floor(view.t), view.run.positions);
        const set = view.sets ? view.sets[at] : -1;
        light(view.states[at], at ? view.states[at - 1] : -1);
        space.draw(get("space"), own, view, set);
        if (view.sets) space.drawLens(get("lens"), own, view, set);
        const read = (n) => `${n.toLocaleString("en")} ${tasks.noun(view.variant.inputs, n)}`;
        const inSet = set < 0 ? "" : ` It is in set ${set + 1} of the ${own.sets.length} of its proof${own.k > 1 ? `, looked at every ${own.k} ${tasks.noun(view.variant.inputs, own.k)}` : ""}: ${own.sets[set].name}.`;
        get("space-says").textContent = `After ${read(at)} the machine is in state ${view.variant.rule.states[view.states[at]]}.${inSet}`;
      }
      if (!get("attention").hidden) attention.draw(get("attention-canvas"), view);
      if (view.memory) memory.draw(get("memory-canvas"), view.memory);
      describe();
    }

    // What the strip shows, in words.
    function describe() {
      const at = Math.min(Math.floor(view.t), view.run.positions);
      const now = at ? `After ${at} of ${view.run.positions} ${tasks.noun(view.variant.inputs, view.run.positions)}: read ${tasks.nameOf(view.variant.inputs, view.symbols[at - 1])}, answers ${tasks.nameOf(view.variant.outputs, view.run.outputs[at - 1])}.` : "Nothing is read yet.";
      get("strip").setAttribute("aria-label", `${side.experiment.name}, seed ${side.seed}. ${now} ${get("tally").textContent}`);
    }

    return {
      root,
      choose,
      read,
      draw,
      complain,
      find: get("find"),
      say: (text) => (get("found").textContent = text),
      get view() {
        return view;
      },
      get net() {
        return net();
      },
      get side() {
        return side;
      },
    };
  }

  return { create };
})();
