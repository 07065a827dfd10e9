// The page's data, and the weights and proofs of nets, which are compressed: in the page, or in live/<experiment>.js beside it.
"use strict";

const packs = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const asked = new Map();

  // Base64 of a zlib stream as bytes.
  async function inflate(text) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  // Give the net `entry` of `experiment` its weights, { path: { values, columns } }, and its proof. The bytes hold the first bytes of all
  // weights (little-endian float32), their second ones and so on, and then the proof as JSON.
  async function unpack(experiment, entry) {
    const bytes = await inflate(entry.body);
    const count = experiment.shapes.reduce((sum, [, shape]) => sum + sizeOf(shape), 0);
    const view = new DataView(new ArrayBuffer(4 * count));
    for (let plane = 0; plane < 4; plane++) for (let i = 0; i < count; i++) view.setUint8(4 * i + plane, bytes[plane * count + i]);
    const weights = {};
    let at = 0;
    for (const [path, shape] of experiment.shapes) {
      const values = Float32Array.from({ length: sizeOf(shape) }, () => view.getFloat32(4 * at++, true));
      weights[path] = { values, columns: shape[shape.length - 1] };
    }
    if (bytes.length > 4 * count) entry.proof = JSON.parse(new TextDecoder().decode(bytes.subarray(4 * count)));
    entry.weights = weights;
    delete entry.body;
  }

  const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

  // Unpack all that the page holds.
  function begin() {
    return Promise.all(data.experiments.flatMap((experiment) => experiment.nets.filter((entry) => entry.body).map((entry) => unpack(experiment, entry))));
  }

  // Called by live/<experiment>.js.
  function take(name, bodies) {
    const experiment = data.experiments.find((e) => e.name === name);
    for (const entry of experiment.nets) if (!entry.weights) entry.body = bodies[entry.seed];
  }

  // Read the file beside the page, where it holds the net of this seed. Rejects with an Error that says which file was expected.
  async function ready(experiment, seed) {
    const entry = experiment.nets.find((net) => net.seed === seed);
    if (entry.weights) return;
    if (!asked.has(experiment.name)) asked.set(experiment.name, read(experiment.name));
    await asked.get(experiment.name);
    if (entry.body) await unpack(experiment, entry);
  }

  function read(name) {
    const file = `live/${name}.js`;
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = file;
      script.onload = resolve;
      script.onerror = () => {
        asked.delete(name);
        script.remove();
        reject(new Error(`The weights of this net are in ${file}, in the folder of this page; expected that file, found none. Copy the whole folder.`));
      };
      document.head.append(script);
    });
  }

  return { data, begin, take, ready };
})();
