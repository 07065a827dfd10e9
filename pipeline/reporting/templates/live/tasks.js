// What a person writes, what a net reads, and the exact answer: all from a task's variant in the page's data.
"use strict";

const tasks = (() => {
  const tokensOf = (text, words) => (words ? text.replaceAll(",", " ").split(/\s+/).filter(Boolean) : [...text.trim()]);

  // Read what a person writes as the symbols that a net reads. Throws an Error that says what was expected.
  function read(variant, text) {
    const { words, backwards, names } = variant.inputs;
    const tokens = tokensOf(text, words);
    const known = new Map(names.map((name, symbol) => [name, symbol]).filter(([name]) => name));
    const such = `such as ${variant.examples[0].length > 40 ? `${variant.examples[0].slice(0, 40)}…` : variant.examples[0]}`;
    if (!tokens.length) throw new Error(`Expected an input ${such}.`);
    const stray = tokens.find((token) => !known.has(token));
    if (stray !== undefined) throw new Error(`Expected an input ${such}, got “${stray.slice(0, 20)}” in it.`);
    const symbols = tokens.map((token) => known.get(token));
    return filled(variant, backwards ? symbols.reverse() : symbols);
  }

  // Put behind what a person writes what every input ends with.
  function filled(variant, symbols) {
    const cells = variant.cell === null ? [] : symbols.map(() => variant.cell);
    return Uint16Array.from([...symbols, ...variant.suffix, ...cells]);
  }

  // How many of the positions a person has written.
  function ownLength(variant, positions) {
    return variant.cell === null ? positions - variant.suffix.length : positions / 2;
  }

  const nameOf = (written, symbol) => written.names[symbol] || (/^\d+$/.test(written.names[0]) ? String(symbol) : "·");

  // Write symbols, in the order in which they are read or answered.
  function write(written, symbols) {
    let names = Array.from(symbols, (symbol) => nameOf(written, symbol));
    if (written.backwards) names.reverse();
    if (written.leading) {
      const first = names.findIndex((name) => name !== written.leading);
      names = names.slice(first < 0 ? names.length - 1 : first);
    }
    return names.join(written.words ? " " : "");
  }

  // What symbols are called, one or several: digits of a number, bits, numbers, or symbols.
  function noun(written, count) {
    const known = written.names.filter(Boolean);
    const numbers = known.every((name) => /^\d+$/.test(name));
    const kind = !numbers ? "symbol" : known.every((name) => name === "0" || name === "1") ? "bit" : known.every((name) => name.length === 1) ? "digit" : "number";
    return count === 1 ? kind : `${kind}s`;
  }

  const show = (variant, inputs) => write(variant.inputs, inputs.slice(0, ownLength(variant, inputs.length)));

  // How many of the last positions are answered.
  function answers(variant, positions) {
    return variant.form === "sequence" ? positions : variant.form === "label" ? 1 : positions / 2;
  }

  const RULES = {
    first: (inputs) => inputs.slice(0, 1),
    next: (inputs, n) => [...inputs.slice(1), inputs[0]].slice(-n),
    reversed: (inputs, n) => inputs.slice(0, n).reverse(),
    copied: (inputs, n) => inputs.slice(0, n),
    sum: (inputs) => [inputs.reduce((a, b) => a + b, 0)],
    sorted: (inputs, n) => inputs.slice().sort().slice(-n),
    transducer(inputs, n, rule) {
      let state = 0;
      return inputs.map((symbol) => {
        const output = rule.writes[state][symbol];
        state = rule.after[state][symbol];
        return output;
      });
    },
    order(inputs, n, rule) {
      const word = [...inputs].filter((symbol) => rule.of.includes(symbol));
      const found = rule.cases.find(([own]) => own.join() === word.join());
      return found ? [found[1]] : null;
    },
  };

  // The exact answers for the last positions; null where the page does not know them.
  function exact(variant, inputs) {
    const rule = variant.rule;
    return rule && RULES[rule.kind](inputs, answers(variant, inputs.length), rule);
  }

  // The state of the machine before each position, and after the last one; null where the task has no machine.
  function states(variant, inputs) {
    if (variant.rule?.kind !== "transducer") return null;
    const passed = new Uint8Array(inputs.length + 1);
    for (let t = 0; t < inputs.length; t++) passed[t + 1] = variant.rule.after[passed[t]][inputs[t]];
    return passed;
  }

  // `count` symbols that change no state of the machine, read once it is in the state of head number `head`, and `rest` after them.
  function run(variant, count, head = 0, rest = []) {
    return [...variant.run.heads[head].word, ...Array(count).fill(variant.run.symbol), ...rest];
  }

  // How long a run of that symbol an input holds, and what is read after it; the run stands where `run` puts it.
  function runIn(variant, inputs, head = 0) {
    const own = [...inputs.slice(0, ownLength(variant, inputs.length))];
    const word = variant.run.heads[head].word;
    if (!word.every((symbol, i) => own[i] === symbol)) return { count: 0, rest: own };
    let end = word.length;
    while (end < own.length && own[end] === variant.run.symbol) end++;
    return { count: end - word.length, rest: own.slice(end) };
  }

  // A small generator of random numbers, so that a search is the same each time (Mulberry32).
  function random(seed) {
    let a = seed >>> 0;
    return () => {
      a = (a + 0x6d2b79f5) >>> 0;
      let t = Math.imul(a ^ (a >>> 15), 1 | a);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  // Draw a row of `length` named symbols, for a task whose inputs all such rows are.
  function drawn(variant, length, next) {
    const known = variant.inputs.names.flatMap((name, symbol) => (name ? [symbol] : []));
    return filled(variant, Array.from({ length }, () => known[Math.floor(next() * known.length)]));
  }

  return { read, filled, ownLength, nameOf, noun, write, show, answers, exact, states, run, runIn, random, drawn };
})();
