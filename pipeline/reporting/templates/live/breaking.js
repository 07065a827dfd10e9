// Find an input that a net answers wrongly: the one that the certificate stage found, or else a search here and now.
"use strict";

const breaking = (() => {
  const RUNS = [1, 2, 3, 5, 8, 12, 20, 30, 50, 100, 200, 500, 1000];
  const DRAWN = 400;

  // Inputs to try, short ones first.
  function* inputs(variant, causal) {
    for (const text of variant.examples) yield tasks.read(variant, text);
    if (variant.run) for (const count of RUNS) for (const head of variant.run.heads.keys()) yield tasks.filled(variant, tasks.run(variant, count, head));
    const next = tasks.random(7);
    if (variant.free && variant.variable) {
      const longest = (causal ? 4 : 2) * variant.length;
      for (let i = 0; i < DRAWN; i++) yield tasks.drawn(variant, 1 + Math.floor((i / DRAWN) * longest), next);
    }
  }

  // Return { text } of an input that the net answers wrongly, or { tried }, how many it got right; `said` says which stage found it.
  function search(experiment, entry, variant) {
    const hit = entry.verdict?.counterexample;
    if (hit) return { text: hit.input, said: entry.verdict.said ? "the search for a proof" : "the certificate stage" };
    const net = nets.load(experiment, entry);
    let tried = 0;
    for (const symbols of inputs(variant, net.causal)) {
      const exact = tasks.exact(variant, symbols);
      if (!exact) continue;
      const outputs = net.run(symbols).outputs;
      const from = symbols.length - exact.length;
      if (exact.some((symbol, i) => symbol !== outputs[from + i])) return { text: tasks.show(variant, symbols), said: "a search just now" };
      tried++;
    }
    return { tried };
  }

  // The seed whose net goes wrong latest in a run of a hundred symbols that change no state, of those that do; null if none does.
  function latest(experiment, variant) {
    if (!variant.run) return null;
    const symbols = tasks.filled(variant, tasks.run(variant, 100));
    const exact = tasks.exact(variant, symbols);
    const here = experiment.nets.filter((entry) => entry.weights);
    const places = here.map((entry) => nets.load(experiment, entry).run(symbols).outputs.findIndex((output, i) => output !== exact[i]));
    const last = Math.max(...places);
    return last < 0 ? null : here[places.indexOf(last)].seed;
  }

  return { latest, search };
})();
