// What is chosen before a person has chosen anything, and the input that each net reads.
"use strict";

const choice = (() => {
  // The post's first net and ours, of one architecture if there are such.
  function pair(all) {
    const left = all.find((e) => e.source !== "ours") ?? all[0];
    const ours = all.filter((e) => e.source === "ours" && e !== left);
    const right = ours.find((e) => e.model.name === left.model.name) ?? ours[0] ?? all.find((e) => e !== left) ?? null;
    const side = (experiment) => experiment && { experiment, seed: experiment.nets[0].seed };
    return { left: side(left), right: side(right) };
  }

  function input(variant) {
    return variant.run ? { kind: "run", count: 8, head: 0, rest: "" } : { kind: "example", index: 0 };
  }

  const example = (variant, index) => tasks.read(variant, variant.examples[index % variant.examples.length]);

  // The symbols of an input for a net whose task has this variant; throws an Error that says what was expected.
  function symbols(variant, chosen) {
    if (chosen.kind === "text") return tasks.read(variant, chosen.text);
    if (chosen.kind === "example" || !variant.run) return example(variant, chosen.index ?? 0);
    const rest = chosen.rest ? [...tasks.read(variant, chosen.rest)].slice(0, [...chosen.rest].length) : [];
    return tasks.filled(variant, tasks.run(variant, chosen.count, Math.min(chosen.head, variant.run.heads.length - 1), rest));
  }

  // The same beside a net of another variant, that of `typed`: { symbols, own }; `own` says that this net could not read what was typed.
  function beside(variant, typed, chosen) {
    try {
      const found = symbols(variant, chosen);
      return { symbols: found, own: variant !== typed && chosen.kind === "example" };
    } catch (error) {
      if (variant === typed) throw error;
      return { symbols: example(variant, 0), own: true };
    }
  }

  return { pair, input, symbols, beside };
})();
