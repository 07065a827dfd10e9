// What a net keeps of its first symbol over a thousand steps.
"use strict";

const memory = (() => {
  const STEPS = 1000;
  // Values that differ by less count as the same.
  const LEAST = 0.001;

  // Let a net read two inputs that differ in their first symbol alone, what is between repeated up to a thousand steps, and find the unit
  // that tells the two runs apart most clearly, against by how much it moves in either: a memory cell where the net has any.
  function measure(net, variant) {
    const { first, rest } = variant.pair;
    const long = (symbol) => Uint16Array.from({ length: STEPS }, (_, t) => (t ? rest[(t - 1) % rest.length] : symbol));
    const runs = first.map((symbol) => net.run(long(symbol)));
    const cells = Boolean(runs[0].cells);
    const units = cells ? runs[0].cellUnits : net.visible;
    const value = (run, t, u) => (cells ? run.cells[t * units + u] : run.hidden[(t + 1) * run.units - units + u]);
    const lineOf = (run, u) => Float32Array.from({ length: STEPS }, (_, t) => value(run, t, u));
    let best = { clear: -1 };
    for (let u = 0; u < units; u++) {
      const lines = runs.map((run) => lineOf(run, u));
      const apart = lines[0].reduce((sum, x, t) => sum + Math.abs(x - lines[1][t]), 0) / STEPS;
      const clear = apart / (0.05 + spread(lines[0]) + spread(lines[1]));
      if (clear > best.clear) best = { clear, lines, unit: u };
    }
    const { lines, unit } = best;
    // The last step at which any unit tells them apart.
    const same = (t) => Array.from({ length: units }, (_, u) => Math.abs(value(runs[0], t, u) - value(runs[1], t, u))).every((gap) => gap < LEAST);
    let lost = STEPS;
    while (lost > 0 && same(lost - 1)) lost--;
    return { lines, unit, cells, lost, names: first.map((symbol) => tasks.nameOf(variant.inputs, symbol)) };
  }

  function spread(line) {
    const mean = line.reduce((a, b) => a + b, 0) / line.length;
    return Math.sqrt(line.reduce((sum, x) => sum + (x - mean) ** 2, 0) / line.length);
  }

  // Both lines over the steps, on a log axis; from where they are the same on, what they share is a grey band.
  function draw(canvas, { lines, lost, trained }) {
    const { context, width, height } = drawing.begin(canvas, 220);
    const c = drawing.colours();
    const [left, right, top, bottom] = [48, 14, 22, 36];
    const values = [...lines[0], ...lines[1]];
    let [low, high] = [Math.min(...values), Math.max(...values)];
    if (high - low < 0.1) [low, high] = [low - 0.1, high + 0.1];
    const x = (step) => left + (Math.log(step) / Math.log(STEPS)) * (width - left - right);
    const y = (v) => top + ((high - v) / (high - low)) * (height - top - bottom);
    const stroke = (colour, points) => {
      context.strokeStyle = colour;
      context.beginPath();
      points.forEach((point) => context.lineTo(...point));
      context.stroke();
    };
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "middle";
    context.fillStyle = c.muted;
    context.lineWidth = 1;
    for (const share of [0, 0.5, 1]) {
      const v = low + share * (high - low);
      stroke(c.grid, [[left, y(v)], [width - right, y(v)]]);
      context.textAlign = "right";
      context.fillText(v.toFixed(1), left - 6, y(v));
    }
    context.textAlign = "center";
    for (const step of [1, 10, 100, 1000]) context.fillText(step.toLocaleString("en"), Math.min(x(step), width - 18), height - bottom + 12);
    context.fillText("steps, the first symbol’s included", (left + width - right) / 2, height - 7);
    context.setLineDash([4, 4]);
    stroke(c.muted, [[x(trained), top], [x(trained), height - bottom]]);
    context.setLineDash([]);
    context.fillText("trained as far as here", Math.max(left + 62, Math.min(width - 66, x(trained))), 9);
    band(context, lines[0], lost, { x, y, fill: c.muted });
    context.lineWidth = 1.8;
    lines.forEach((line, i) => stroke(i ? c.second : c.first, Array.from(line.subarray(0, Math.max(1, lost)), (v, t) => [x(t + 1), y(v)])));
  }

  // From the least to the greatest value in each pixel, which many steps share.
  function band(context, line, from, { x, y, fill }) {
    context.fillStyle = fill;
    context.globalAlpha = 0.3;
    for (let t = from; t < STEPS; ) {
      let end = t + 1;
      while (end < STEPS && x(end + 1) - x(t + 1) < 2) end++;
      const own = line.subarray(Math.max(0, t - 20), end);
      const [low, high] = [Math.min(...own), Math.max(...own)];
      context.fillRect(x(t + 1), y(high) - 1, x(end + 1) - x(t + 1), y(low) - y(high) + 2);
      t = end;
    }
    context.globalAlpha = 1;
  }

  return { measure, draw, STEPS };
})();
