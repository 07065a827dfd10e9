// Nets in float32: every sum, product and function value is rounded by Math.fround. Vectors are Float32Array, matrices rows after each other.
// Layers are those of pipeline/layers and pipeline/models, with the same equations; see there for the papers.
"use strict";

const layers = (() => {
  const f = Math.fround;
  const tanh = (x) => f(Math.tanh(x));
  const sigmoid = (x) => f(1 / f(1 + f(Math.exp(-x))));
  const hardSigmoid = (x) => Math.min(1, Math.max(0, f(f(f(0.2) * x) + 0.5)));

  // vector × matrix [rows, columns]; columns from `from` on, `count` of them.
  function times(vector, matrix, from = 0, count = matrix.columns) {
    const out = new Float32Array(count);
    const { values, columns } = matrix;
    for (let r = 0; r < vector.length; r++) {
      const x = vector[r];
      if (x === 0) continue;
      const row = r * columns + from;
      for (let c = 0; c < count; c++) out[c] = f(out[c] + x * values[row + c]);
    }
    return out;
  }

  const plus = (a, b) => a.map((x, i) => f(x + b[i]));
  const zeros = (n) => new Float32Array(n);
  const dot = (a, b) => a.reduce((sum, x, i) => f(sum + x * b[i]), 0);

  function argmax(values) {
    let best = 0;
    for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
    return best;
  }

  function softmax(scores) {
    const top = scores.reduce((a, b) => Math.max(a, b), -Infinity);
    const powers = scores.map((s) => f(Math.exp(f(s - top))));
    const sum = powers.reduce((a, b) => f(a + b), 0);
    return powers.map((p) => f(p / sum));
  }

  // Recurrent layers: { width, cells?, start(), feed(symbol or vector), step(fed, state) -> state }; a state is [output, …].
  const feedOf = (kernel) => (input) =>
    typeof input === "number" ? kernel.values.subarray(input * kernel.columns, (input + 1) * kernel.columns) : times(input, kernel);

  function elman(w, name) {
    const [kernel, recurrent, bias] = ["kernel", "recurrent_kernel", "bias"].map((part) => w[`${name}/${part}`]);
    return {
      width: kernel.columns,
      start: () => [zeros(kernel.columns)],
      feed: feedOf(kernel),
      step(fed, [hidden]) {
        const sum = times(hidden, recurrent);
        for (let i = 0; i < sum.length; i++) sum[i] = tanh(f(f(fed[i] + sum[i]) + bias.values[i]));
        return [sum];
      },
    };
  }

  function lstm(w, name, params) {
    const [kernel, recurrent, bias, projection] = ["kernel", "recurrent_kernel", "bias", "projection"].map((part) => w[`${name}/${part}`]);
    const units = kernel.columns / 4;
    const gate = params.gates === "hard_sigmoid" ? hardSigmoid : sigmoid;
    const forgetBias = f(params.forget_bias ?? 0);
    const inputBias = f(params.input_bias ?? 0);
    const width = projection ? projection.columns : units;
    return {
      width,
      cells: units,
      start: () => [zeros(width), zeros(units)],
      feed: feedOf(kernel),
      step(fed, [before, held]) {
        const sum = times(before, recurrent);
        for (let i = 0; i < sum.length; i++) sum[i] = f(f(fed[i] + sum[i]) + bias.values[i]);
        const cell = zeros(units);
        const hidden = zeros(units);
        for (let i = 0; i < units; i++) {
          const into = gate(f(sum[i] + inputBias));
          const forget = gate(f(sum[units + i] + forgetBias));
          cell[i] = f(f(forget * held[i]) + f(into * tanh(sum[2 * units + i])));
          hidden[i] = f(gate(sum[3 * units + i]) * tanh(cell[i]));
        }
        return [projection ? times(hidden, projection) : hidden, cell];
      },
    };
  }

  function gru(w, name, params) {
    const [kernel, recurrent, bias, extra] = ["kernel", "recurrent_kernel", "bias", "candidate_bias"].map((part) => w[`${name}/${part}`]);
    const units = kernel.columns / 3;
    return {
      width: units,
      start: () => [zeros(units)],
      feed: feedOf(kernel),
      step(fed, [hidden]) {
        const shifted = plus(fed, bias.values);
        const gates = plus(shifted.subarray(0, 2 * units), times(hidden, recurrent, 0, 2 * units)).map(sigmoid);
        const [update, reset] = [gates.subarray(0, units), gates.subarray(units)];
        const own =
          params.reset === "before"
            ? times(hidden.map((h, i) => f(reset[i] * h)), recurrent, 2 * units, units)
            : plus(times(hidden, recurrent, 2 * units, units), extra.values).map((x, i) => f(reset[i] * x));
        const candidate = plus(shifted.subarray(2 * units), own).map(tanh);
        return [hidden.map((h, i) => f(f(update[i] * h) + f(f(1 - update[i]) * candidate[i])))];
      },
    };
  }

  function memoryBlocks(w, name, params) {
    const [kernel, recurrent, bias] = ["kernel", "recurrent_kernel", "bias"].map((part) => w[`${name}/${part}`]);
    const { blocks, size, recurrent: seen = "all", g_range: inward = 2, h_range: outward = 1 } = params;
    const shown = (unit) => seen === "all" || seen === (unit < 2 * blocks ? "gates" : "cells");
    const gates = 2 * blocks;
    const cells = blocks * size;
    return {
      width: cells,
      cells,
      start: () => [zeros(cells), zeros(cells), zeros(gates + cells)],
      feed: feedOf(kernel),
      step(fed, [, held, before]) {
        const sum = plus(plus(fed, times(before.map((value, unit) => (shown(unit) ? value : 0)), recurrent)), bias.values);
        const after = zeros(gates + cells);
        for (let g = 0; g < gates; g++) after[g] = sigmoid(sum[g]);
        const cell = zeros(cells);
        for (let c = 0; c < cells; c++) {
          const block = c % blocks;
          cell[c] = f(held[c] + f(after[block] * f(f(2 * inward * sigmoid(sum[gates + c])) - inward)));
          after[gates + c] = f(after[blocks + block] * f(f(2 * outward * sigmoid(cell[c])) - outward));
        }
        return [after.slice(gates), cell, after];
      },
    };
  }

  function carousel(w, name) {
    const kernel = w[`${name}/kernel`];
    return {
      width: kernel.columns,
      start: () => [zeros(kernel.columns)],
      feed: feedOf(kernel),
      step: (fed, [sum]) => [sum.map((s, i) => f(s + tanh(fed[i])))],
    };
  }

  function readout(w, name) {
    const [kernel, bias] = [w[`${name}/kernel`], w[`${name}/bias`]];
    return kernel ? (hidden) => plus(times(hidden, kernel), bias.values) : null;
  }

  return { f, times, plus, zeros, dot, argmax, softmax, elman, lstm, gru, memoryBlocks, carousel, readout };
})();
