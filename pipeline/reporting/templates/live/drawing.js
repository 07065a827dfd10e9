// Canvases: sharp on every screen, in the colours of the page's scheme. A net's reading of its input as a strip, and an overview of a long one.
"use strict";

const drawing = (() => {
  const FONT = 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';
  // Colour, and mark, of the machine's states: the marks are for those who cannot tell the colours apart.
  const LOOKS = [["first", "circle"], ["second", "triangle"], ["third", "square"], ["muted", "diamond"]];
  const HEAT_STEPS = 32;

  let theme = null;

  // Read the page's colours again, after the scheme has changed.
  function refresh() {
    const style = getComputedStyle(document.documentElement);
    const names = ["ink", "muted", "grid", "card", "first", "second", "third", "bad", "bad-back", "good", "line"];
    theme = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    const mixed = (end, share) => `rgb(${channels(theme.card).map((c, i) => Math.round(c + (channels(theme[end])[i] - c) * share)).join()})`;
    const ramp = (end) => Array.from({ length: HEAT_STEPS + 1 }, (_, i) => mixed(end, i / HEAT_STEPS));
    theme.heat = { low: ramp("first"), high: ramp("second") };
  }

  const colours = () => theme ?? (refresh(), theme);
  const stateColour = (state) => colours()[LOOKS[state % LOOKS.length][0]];

  // From blue at -1 through the card's colour at 0 to orange at 1.
  function heat(value) {
    const step = Math.min(HEAT_STEPS, Math.round(Math.abs(value) * HEAT_STEPS));
    return colours().heat[value < 0 ? "low" : "high"][step];
  }

  // Make a canvas as many pixels large as the screen shows, and return its context in CSS pixels.
  function begin(canvas, height) {
    const width = canvas.clientWidth;
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
      canvas.style.height = `${height}px`;
    }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    return { context, width, height };
  }

  function mark(context, state, x, y, size) {
    const kind = LOOKS[state % LOOKS.length][1];
    context.beginPath();
    if (kind === "circle") context.arc(x, y, size, 0, 2 * Math.PI);
    if (kind === "square") context.rect(x - size, y - size, 2 * size, 2 * size);
    if (kind === "triangle") [[0, -1.2], [1.1, 0.8], [-1.1, 0.8]].forEach(([a, b]) => context.lineTo(x + a * size, y + b * size));
    if (kind === "diamond") [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]].forEach(([a, b]) => context.lineTo(x + a * size, y + b * size));
    context.closePath();
  }

  function text(context, value, x, y, room, size, weight = 400) {
    context.font = `${weight} ${Math.min(size, (1.4 * room) / Math.max(1, value.length))}px ${FONT}`;
    context.fillText(value, x, y);
  }

  // Where the rows of a strip lie, from top to bottom, for a net of so many units.
  function rows(view) {
    const caption = 17;
    const blocks = view.net.split ? [view.net.split, view.net.units - view.net.split] : [view.net.units];
    const unit = Math.max(1.5, Math.min(9, 190 / view.net.units));
    const found = [];
    let y = 0;
    const add = (name, label, height) => {
      found.push({ name, label, y: y + caption, height });
      y += caption + height;
    };
    if (view.states) add("machine", "state of the exact machine", 22);
    add("input", "reads", 26);
    blocks.forEach((units, i) => add(`heat${i}`, view.net.split ? ["hidden state, reading", "hidden state, writing"][i] : "hidden state", units * unit));
    add("answer", "answers", 28);
    if (view.exact) add("exact", "exact answer", 20);
    return { found, unit, height: y + 4 };
  }

  // How many positions fit in, how wide each is, and the first that is seen (not a whole number while the strip moves).
  function windowOf(width, view) {
    const longest = Math.max(...view.variant.inputs.names.map((name) => name.length));
    const least = Math.max(14, 9 * longest + 6);
    const seen = Math.max(1, Math.min(view.run.positions, Math.floor(width / least)));
    const cell = Math.min(60, width / seen);
    const read = view.t > view.run.positions ? view.t - view.run.positions : view.t;
    // At the end, the first wrong answer is what there is to see.
    const over = view.t >= view.run.frames && view.first >= 0;
    const at = over ? view.first + view.run.positions - view.count : read;
    const first = Math.max(0, Math.min(view.run.positions - seen, at - Math.round(0.6 * seen)));
    return { cell, seen, first };
  }

  // Draw what a net has read, held and answered by frame `view.t`.
  function strip(canvas, view) {
    const { found, unit, height } = rows(view);
    const { context, width } = begin(canvas, height);
    const c = colours();
    const { positions, units, frames } = view.run;
    const place = windowOf(width, view);
    const read = Math.min(positions, Math.floor(view.t));
    const written = frames > positions ? Math.max(0, Math.floor(view.t) - positions) : read;
    const now = frames > positions && written ? written - 1 : read - 1;
    const backwards = view.variant.inputs.backwards;
    const used = Math.min(width, positions * place.cell);
    const left = (j) => (backwards ? width - (j - place.first + 1) * place.cell : (j - place.first) * place.cell);
    const row = Object.fromEntries(found.map((r) => [r.name, r]));
    const from = Math.max(0, Math.floor(place.first));
    const to = Math.min(positions, Math.ceil(place.first + place.seen + 1));
    context.textBaseline = "middle";
    context.textAlign = backwards ? "right" : "left";
    context.fillStyle = c.muted;
    context.font = "12px system-ui, sans-serif";
    for (const r of found) context.fillText(r.label, backwards ? width : 0, r.y - 8);
    context.textAlign = "center";
    context.fillStyle = c.grid;
    for (const r of found.filter((own) => own.name.startsWith("heat"))) {
      context.globalAlpha = 0.45;
      context.fillRect(backwards ? width - used : 0, r.y, used, r.height);
      context.globalAlpha = 1;
    }
    for (let j = from; j < to; j++) {
      const x = left(j);
      const middle = x + place.cell / 2;
      const known = j < read;
      if (row.machine) machineCell(context, view.states[j], middle, row.machine, place.cell, known);
      context.fillStyle = known ? c.ink : c.muted;
      context.globalAlpha = known ? 1 : 0.7;
      text(context, tasks.nameOf(view.variant.inputs, view.symbols[j]), middle, row.input.y + row.input.height / 2, place.cell, 17, known ? 600 : 400);
      context.globalAlpha = 1;
      if (known) heatCells(context, view, j, 0, view.net.split ?? units, x, row.heat0.y, place.cell, unit);
      if (row.heat1 && j < written) heatCells(context, view, positions + j, view.net.split, units, x, row.heat1.y, place.cell, unit);
      answerCell(context, view, j, middle, x, row, place.cell, j < written);
    }
    if (now >= 0 && now >= from - 1 && now <= to) {
      context.strokeStyle = c.ink;
      context.lineWidth = 1.5;
      context.strokeRect(left(now) + 0.75, row.input.y + 0.75, place.cell - 1.5, row.answer.y + row.answer.height - row.input.y - 1.5);
    }
    return place;
  }

  function machineCell(context, state, x, row, room, known) {
    context.globalAlpha = known ? 1 : 0.25;
    context.fillStyle = stateColour(state);
    mark(context, state, x, row.y + row.height / 2, Math.min(6.5, room / 3));
    context.fill();
    context.globalAlpha = 1;
  }

  function heatCells(context, view, frame, from, to, x, y, width, unit) {
    const { hidden, units } = view.run;
    for (let u = from; u < to; u++) {
      context.fillStyle = heat(hidden[frame * units + u] / view.scales[from ? 1 : 0]);
      context.fillRect(x, y + (u - from) * unit, width + 0.5, unit + 0.3);
    }
  }

  function answerCell(context, view, j, middle, x, row, room, written) {
    const c = colours();
    const place = j - (view.run.positions - view.count);
    if (!written) return;
    const wrong = view.exact && place >= 0 && view.exact[place] !== view.run.outputs[j];
    const y = row.answer.y + row.answer.height / 2;
    if (wrong) {
      context.fillStyle = place === view.first ? c.bad : c["bad-back"];
      context.fillRect(x + 1, row.answer.y + 1, room - 2, row.answer.height - 2);
    }
    // Before the place where it is asked, a net has a guess already.
    context.fillStyle = place < 0 ? c.muted : !wrong ? c.ink : place === view.first ? c.card : c.bad;
    context.globalAlpha = place < 0 ? 0.6 : 1;
    text(context, tasks.nameOf(view.variant.outputs, view.run.outputs[j]), middle, y, room, place < 0 ? 12 : 17, place < 0 ? 400 : 700);
    context.globalAlpha = 1;
    if (view.exact && place >= 0) {
      context.fillStyle = wrong ? c.ink : c.muted;
      text(context, tasks.nameOf(view.variant.outputs, view.exact[place]), middle, row.exact.y + row.exact.height / 2, room, 14);
    }
  }

  // A line as long as the whole input, with wrong answers in red and a frame around what the strip shows.
  function overview(canvas, view, place) {
    const { context, width, height } = begin(canvas, 14);
    const c = colours();
    const { positions } = view.run;
    const side = (x, w) => (view.variant.inputs.backwards ? width - x - w : x);
    const at = (j) => (j / positions) * width;
    const reached = at(Math.min(view.t, positions));
    context.fillStyle = c.grid;
    context.fillRect(0, 4, width, 6);
    context.fillStyle = c.muted;
    context.fillRect(side(0, reached), 4, reached, 6);
    context.fillStyle = c.bad;
    for (const j of view.wrong) {
      const mine = j + positions - view.count;
      if (mine < view.t) context.fillRect(side(at(mine), Math.max(1, at(1))), 2, Math.max(1, at(1)), 10);
    }
    context.strokeStyle = c.ink;
    const wide = Math.max(3, at(Math.min(place.seen, positions)));
    context.strokeRect(side(at(place.first), wide) + 0.5, 0.5, wide - 1, height - 1);
  }

  return { begin, colours, heat, mark, overview, refresh, stateColour, strip, FONT, LOOKS };
})();
