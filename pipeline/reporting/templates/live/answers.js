// A net's answer in words: the first wrong symbol in red, the exact answer beneath, and how many are wrong.
"use strict";

const answers = (() => {
  // Symbols of a long answer that are shown: characters, and words.
  const [CHARACTERS, WORDS] = [48, 14];
  const ordinal = (n) => `${n.toLocaleString("en")}${["th", "st", "nd", "rd"][n % 100 > 10 && n % 100 < 14 ? 0 : Math.min(n % 10, 4) % 4]}`;

  // Write the answer, with the first wrong symbol in red, and the exact one beneath; long ones around the first wrong symbol.
  function show(get, view) {
    const { variant, run, count, exact, first, wrong } = view;
    const given = run.outputs.slice(run.positions - count);
    const shown = (symbols) => Array.from(symbols, (symbol) => tasks.nameOf(variant.outputs, symbol));
    const [ours, right] = [shown(given), exact ? shown(exact) : null];
    const most = variant.outputs.words ? WORDS : CHARACTERS;
    const lead = variant.outputs.leading;
    const skipped = (names) => (lead ? names.length - Math.max(1, 1 + names.findLastIndex((name) => name !== lead)) : 0);
    const end = count - Math.min(skipped(ours), right ? skipped(right) : Infinity);
    const from = end <= most ? 0 : Math.max(0, Math.min(end - most, (first < 0 ? end : first) - most / 2));
    const to = Math.min(end, from + most);
    const write = (names) => {
      const pieces = names.slice(from, to).map((name, i) => {
        if (from + i !== first || names !== ours) return document.createTextNode(name);
        const mark = document.createElement("mark");
        mark.textContent = name;
        return mark;
      });
      if (from > 0) pieces.unshift(document.createTextNode("…"));
      if (to < end) pieces.push(document.createTextNode("…"));
      if (variant.outputs.backwards) pieces.reverse();
      return variant.outputs.words ? pieces.flatMap((piece, i) => (i ? [document.createTextNode(" "), piece] : [piece])) : pieces;
    };
    for (const name of ["answer", "exact"]) get(name).className = variant.outputs.words ? "" : "characters";
    get("answer").replaceChildren(...write(ours));
    get("exact").replaceChildren(...(right ? write(right) : [document.createTextNode("not known to this page")]));
    const many = count.toLocaleString("en");
    const called = tasks.noun(variant.outputs, count);
    const runOf = variant.run && view.net.causal && first >= 0 && lastsUntil(view, first);
    get("tally").textContent = !exact
      ? "This page does not know the exact answer to this input."
      : !wrong.length
        ? count > 1 ? `All ${many} ${called} are right.` : "Right."
        : count > 1
          ? `${wrong.length.toLocaleString("en")} of ${many} ${called} ${wrong.length > 1 ? "are" : "is"} wrong; the first is the ${ordinal(first + 1)} that it ${view.net.causal ? "reads" : "writes"}${runOf && runOf !== first + 1 ? `, the ${ordinal(runOf)} of the ${variant.run.word}` : ""}.`
          : "Wrong.";
    get("tally").className = exact ? (wrong.length ? "wrong" : "right") : "";
  }

  // Which symbol of the run a position is; 0 if it is in none.
  function lastsUntil(view, position) {
    const { symbol } = view.variant.run;
    let length = 0;
    while (view.symbols[position - length] === symbol) length++;
    return length;
  }

  return { show, ordinal };
})();
