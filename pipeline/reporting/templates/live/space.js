// A net's hidden state in a plane, and the sets of its proof, which it never leaves.
"use strict";

const space = (() => {
  const WALKS = 60;
  const LENGTH = 12;
  // Pixels of the least outline that is drawn.
  const RING = 8;
  // States before the present one that the enlarged set shows.
  const LENS = 60;
  // Half of a set's extent, in the whole numbers of its corners.
  const STEPS = 400;

  // The hidden states that a net reaches on a walk through the machine on which each next state is as likely as another.
  function visited(net, variant) {
    const { after } = variant.rule;
    const next = tasks.random(1);
    const points = [];
    for (let walk = 0; walk < WALKS; walk++) {
      const word = [];
      const states = [];
      let state = 0;
      for (let t = 0; t < LENGTH; t++) {
        const targets = [...new Set(after[state])];
        const target = targets[Math.floor(next() * targets.length)];
        const symbols = after[state].flatMap((to, symbol) => (to === target ? [symbol] : []));
        word.push(symbols[Math.floor(next() * symbols.length)]);
        states.push((state = target));
      }
      const run = net.run(Uint16Array.from(word));
      states.forEach((own, t) => points.push({ state: own, hidden: visible(net, run, t) }));
    }
    return points;
  }

  const visible = (net, run, frame) => run.hidden.subarray((frame + 1) * run.units - net.visible, (frame + 1) * run.units);
  const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);

  // The two directions along which points spread most, by power iteration.
  function principalPlane(points) {
    const size = points[0].length;
    const mean = Array.from({ length: size }, (_, i) => points.reduce((sum, p) => sum + p[i], 0) / points.length);
    const apart = points.map((p) => Array.from(p, (x, i) => x - mean[i]));
    const plane = [];
    for (let k = 0; k < 2; k++) {
      let direction = Array.from({ length: size }, (_, i) => 1 / (i + 1 + k));
      for (let turn = 0; turn < 60; turn++) {
        const sum = Array(size).fill(0);
        for (const p of apart) {
          const along = dot(p, direction);
          p.forEach((x, i) => (sum[i] += along * x));
        }
        for (const other of plane) {
          const along = dot(sum, other);
          other.forEach((x, i) => (sum[i] -= along * x));
        }
        const length = Math.hypot(...sum) || 1;
        direction = sum.map((x) => x / length);
      }
      plane.push(direction);
    }
    return plane;
  }

  // Prepare the picture of a net of a finite-state task: its plane, what it visits there, and the outlines of its proof's sets.
  function prepare(net, variant, proof) {
    const points = visited(net, variant);
    const plane = proof?.plane ?? principalPlane(points.map((p) => p.hidden));
    const project = (hidden) => plane.map((direction) => direction.reduce((sum, x, i) => sum + x * hidden[i], 0));
    const dots = points.map(({ state, hidden }) => ({ state, at: project(hidden) }));
    const sets = (proof?.sets ?? []).map((set) => ({ ...set, corners: unfolded(set) }));
    const corners = [...dots.map((d) => d.at), ...sets.flatMap((set) => set.corners)];
    const bounds = [0, 1].map((axis) => {
      const values = corners.map((corner) => corner[axis]);
      const [low, high] = [Math.min(...values), Math.max(...values)];
      const room = 0.07 * (high - low) || 1;
      return [low - room, high + room];
    });
    return { project, dots, bounds, sets, k: proof?.k ?? 1 };
  }

  // The corners of a set's outline, which the page's data holds as whole numbers.
  function unfolded({ center, size, corners }) {
    return Array.from({ length: corners.length / 2 }, (_, i) => center.map((c, axis) => c + size * corners[2 * i + axis]));
  }

  // The number of the proof's set that holds the state after each number of symbols.
  function setsOf(own, symbols) {
    const base = Math.round(own.sets[0].targets.length ** (1 / own.k));
    const found = new Uint16Array(symbols.length + 1);
    for (let t = own.k; t <= symbols.length; t += own.k) {
      let word = 0;
      for (let i = t - own.k; i < t; i++) word = word * base + symbols[i];
      found[t] = own.sets[found[t - own.k]].targets[word];
      // Between two steps of the proof, the last set that is known.
      if (own.k > 1) found.fill(found[t], t, t + own.k);
    }
    return found;
  }

  function draw(canvas, own, view, set) {
    const { context, width, height } = drawing.begin(canvas, Math.min(300, Math.max(220, 0.72 * canvas.clientWidth)));
    const c = drawing.colours();
    const place = ([x, y]) => [
      ((x - own.bounds[0][0]) / (own.bounds[0][1] - own.bounds[0][0])) * width,
      height - ((y - own.bounds[1][0]) / (own.bounds[1][1] - own.bounds[1][0])) * height,
    ];
    own.sets.forEach(({ center, corners, state }, number) => {
      const outline = corners.map(place);
      const [x, y] = place(center);
      context.beginPath();
      // What would be too small to see is a ring.
      if (Math.max(...outline.map(([u, v]) => Math.hypot(u - x, v - y))) < RING) context.arc(x, y, RING, 0, 2 * Math.PI);
      else outline.forEach((corner) => context.lineTo(...corner));
      context.closePath();
      context.fillStyle = context.strokeStyle = drawing.stateColour(state);
      context.globalAlpha = number === set ? 0.45 : 0.1;
      context.fill();
      context.globalAlpha = 1;
      context.lineWidth = number === set ? 3 : 1;
      context.stroke();
    });
    context.globalAlpha = own.sets.length ? 0.55 : 0.35;
    for (const { state, at } of own.dots) {
      context.fillStyle = drawing.stateColour(state);
      drawing.mark(context, state, ...place(at), 2.4);
      context.fill();
    }
    context.globalAlpha = 1;
    trail(context, own, view, place);
    context.strokeStyle = c.line;
    context.lineWidth = 1;
    context.strokeRect(0.5, 0.5, width - 1, height - 1);
  }

  // The set that the state is in, as large as the canvas, with the states that the net has come to in it.
  function drawLens(canvas, own, view, set) {
    const { context, width, height } = drawing.begin(canvas, 130);
    const c = drawing.colours();
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = c.muted;
    context.textAlign = "center";
    const { center, corners, state, size } = own.sets[Math.max(0, set)];
    const wide = size * STEPS;
    const at = Math.floor(view.t);
    if (set < 1 || at < 1) {
      context.fillText("the start: a single point", width / 2, height / 2);
      return;
    }
    const [apartX, apartY] = [0, 1].map((axis) => Math.max(...corners.map((corner) => Math.abs(corner[axis] - center[axis]))) || 1);
    const [scaleX, scaleY] = [(width / 2 - 12) / apartX, (height / 2 - 22) / apartY];
    const place = ([x, y]) => [width / 2 + (x - center[0]) * scaleX, height / 2 + 8 - (y - center[1]) * scaleY];
    context.beginPath();
    corners.forEach((corner) => context.lineTo(...place(corner)));
    context.closePath();
    context.fillStyle = context.strokeStyle = drawing.stateColour(state);
    context.globalAlpha = 0.15;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 1.5;
    context.stroke();
    for (let frame = Math.max(0, at - LENS); frame < Math.min(at, view.run.positions); frame++) {
      if (view.sets[frame + 1] !== set || (frame + 1) % own.k) continue;
      context.fillStyle = c.ink;
      context.globalAlpha = frame === at - 1 ? 1 : 0.3;
      context.beginPath();
      context.arc(...place(own.project(visible(view.net, view.run, frame))), frame === at - 1 ? 5 : 2.5, 0, 2 * Math.PI);
      context.fill();
    }
    context.globalAlpha = 1;
    context.fillStyle = c.muted;
    context.fillText(`the set that it is in, enlarged: ${(2 * wide).toPrecision(1)} wide`, width / 2, 11);
  }

  // The last states as a path, the present one as a dot that moves on to the next as time goes by.
  function trail(context, own, view, place) {
    const c = drawing.colours();
    const last = Math.min(Math.floor(view.t), view.run.positions) - 1;
    const at = (frame) => place(own.project(visible(view.net, view.run, frame)));
    context.strokeStyle = c.ink;
    context.lineWidth = 1.2;
    for (let frame = Math.max(1, last - 11); frame <= last; frame++) {
      context.globalAlpha = 0.08 + 0.6 * (1 - (last - frame) / 12);
      context.beginPath();
      context.moveTo(...at(frame - 1));
      context.lineTo(...at(frame));
      context.stroke();
    }
    context.globalAlpha = 1;
    if (last < 0) return;
    const [x, y] = at(last);
    context.fillStyle = c.ink;
    context.beginPath();
    context.arc(x, y, 6, 0, 2 * Math.PI);
    context.fill();
    context.strokeStyle = c.card;
    context.lineWidth = 2;
    context.stroke();
  }

  return { prepare, setsOf, draw, drawLens };
})();
