// Where a net looks while it writes.
"use strict";

const attention = (() => {
  // A row for each symbol that it writes, a column for each that it has read.
  function draw(canvas, view) {
    const n = view.run.positions;
    const gutter = 30;
    const cell = Math.min(34, (canvas.clientWidth - gutter) / n);
    const { context } = drawing.begin(canvas, gutter + cell * n + 2);
    const c = drawing.colours();
    const written = Math.max(0, Math.floor(view.t) - n);
    const names = cell >= 15;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let j = 0; j < n; j++) {
      context.fillStyle = c.ink;
      if (names) label(context, tasks.nameOf(view.variant.inputs, view.symbols[j]), gutter + (j + 0.5) * cell, gutter / 2, cell);
    }
    for (let t = 0; t < n; t++) {
      context.fillStyle = t === written - 1 ? c.ink : c.muted;
      if (names && t < written) label(context, tasks.nameOf(view.variant.outputs, view.run.outputs[t]), gutter / 2, gutter + (t + 0.5) * cell, gutter);
      for (let j = 0; j < n; j++) {
        context.fillStyle = t < written ? drawing.heat(view.run.attention[t * n + j]) : c.card;
        context.fillRect(gutter + j * cell, gutter + t * cell, cell, cell);
      }
    }
    context.strokeStyle = c.grid;
    context.lineWidth = 1;
    if (names) for (let i = 0; i <= n; i++) for (const [a, b] of [[i, 0], [0, i]]) context.strokeRect(gutter + a * cell, gutter + b * cell, a ? 0 : n * cell, a ? n * cell : 0);
    context.strokeRect(gutter, gutter, n * cell, n * cell);
    if (written) {
      context.strokeStyle = c.ink;
      context.lineWidth = 1.5;
      context.strokeRect(gutter, gutter + (written - 1) * cell, n * cell, cell);
    }
  }

  function label(context, text, x, y, room) {
    context.font = `${Math.min(14, (1.5 * room) / Math.max(2, text.length))}px ${drawing.FONT}`;
    context.fillText(text, x, y);
  }

  return { draw };
})();
