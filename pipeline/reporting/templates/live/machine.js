// The machine of a finite-state task, as circles and arrows: what it reads / what it writes.
"use strict";

const machine = (() => {
  const SVG = "http://www.w3.org/2000/svg";

  function element(name, attributes, parent, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    parent?.append(made);
    return made;
  }

  // Write symbols as ranges, together with what is written for them: 0–8 / 1–9.
  function label(pairs, variant) {
    const read = (s) => tasks.nameOf(variant.inputs, s);
    const written = (s) => tasks.nameOf(variant.outputs, s);
    const runs = [];
    for (const [symbol, output] of pairs) {
      const run = runs[runs.length - 1];
      if (run && symbol === run.to[0] + 1 && output === run.to[1] + 1) run.to = [symbol, output];
      else runs.push({ from: [symbol, output], to: [symbol, output] });
    }
    const span = (from, to, name) => (from === to ? name(from) : `${name(from)}–${name(to)}`);
    return runs.map(({ from, to }) => `${span(from[0], to[0], read)} / ${span(from[1], to[1], written)}`);
  }

  function edgesOf(rule) {
    const edges = new Map();
    rule.after.forEach((row, from) =>
      row.forEach((to, symbol) => {
        const key = `${from} ${to}`;
        if (!edges.has(key)) edges.set(key, { from, to, pairs: [] });
        edges.get(key).pairs.push([symbol, rule.writes[from][symbol]]);
      }),
    );
    return [...edges.values()];
  }

  // Draw the machine into `svg`; return a function that lights the state it is in, and the arrow that led there.
  function draw(svg, variant) {
    const rule = variant.rule;
    const n = rule.states.length;
    const [width, height] = [270, n > 2 ? 290 : 190];
    const radius = n > 2 ? 90 : 80;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const places = rule.states.map((_, i) => {
      const angle = Math.PI + (2 * Math.PI * i) / n;
      return [width / 2 + radius * Math.cos(angle), n > 2 ? height / 2 + radius * Math.sin(angle) : 118];
    });
    const edges = edgesOf(rule).map((edge) => ({ ...edge, group: arrow(svg, edge, places, [width / 2, n > 2 ? height / 2 : 118], label(edge.pairs, variant)) }));
    const circles = rule.states.map((name, i) => {
      const group = element("g", { class: "state" }, svg);
      group.style.setProperty("--own", drawing.stateColour(i));
      element("circle", { cx: places[i][0], cy: places[i][1], r: 36 }, group);
      element("text", { x: places[i][0], y: places[i][1] + 5, "text-anchor": "middle" }, group, name);
      return group;
    });
    return (state, before) => {
      circles.forEach((group, i) => group.classList.toggle("lit", i === state));
      edges.forEach((edge) => edge.group.classList.toggle("lit", edge.from === before && edge.to === state));
      svg.setAttribute("aria-label", `The machine has ${n} states (${rule.states.join(", ")}); it is in state ${rule.states[state]}.`);
    };
  }

  function arrow(svg, { from, to }, places, middle, lines) {
    const group = element("g", { class: "arrow" }, svg);
    const [x, y] = places[from];
    let path;
    let at;
    if (from === to) {
      const away = Math.atan2(y - middle[1], x - middle[0]);
      const up = places.length > 2 ? away : -Math.PI / 2;
      const point = (turn, far) => [x + far * Math.cos(up + turn), y + far * Math.sin(up + turn)];
      const [a, b, c, d] = [point(-0.45, 37), point(-0.6, 88), point(0.6, 88), point(0.42, 40)];
      path = `M${a} C${b} ${c} ${d}`;
      at = point(0, 86);
    } else {
      const [u, v] = places[to];
      const length = Math.hypot(u - x, v - y);
      const [dx, dy] = [(u - x) / length, (v - y) / length];
      const bend = 26;
      const control = [(x + u) / 2 - dy * bend * 1.6, (y + v) / 2 + dx * bend * 1.6];
      path = `M${x + dx * 35 - dy * 12},${y + dy * 32 + dx * 12} Q${control} ${u - dx * 37 - dy * 12},${v - dy * 34 + dx * 12}`;
      at = [(x + u) / 2 - dy * bend * 1.6, (y + v) / 2 + dx * bend * 1.6];
    }
    element("path", { d: path, "marker-end": "url(#arrow-head)", fill: "none" }, group);
    lines.forEach((line, i) => element("text", { x: at[0], y: at[1] + 4 + 14 * (i - (lines.length - 1) / 2), "text-anchor": "middle" }, group, line));
    return group;
  }

  return { draw };
})();
