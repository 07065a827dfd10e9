// What is shown, as the part of a link behind the #: task/net/seed-3/input, and for the second net /vs/net/seed-1 behind it.
//   increment/rnn-post/seed-3/nines-26          a run of 26 nines
//   increment/rnn-post/seed-3/nines-26-in-2     begun in the machine's second state
//   increment/rnn-post/seed-3/nines-26+1476     with other digits above it
//   sort/pointer/seed-0/input-31_4_15_9         any input; _ is a space
//   long_lag/lstm/seed-0/example-2              one of the task's own examples
"use strict";

const address = (() => {
  // The name of an experiment within its task: increment-rnn-post is rnn-post.
  const short = (experiment) => (experiment.name.startsWith(`${experiment.task}-`) ? experiment.name.slice(experiment.task.length + 1) : experiment.name);
  const find = (data, task, name) => data.experiments.find((e) => e.task === task && (short(e) === name || e.name === name));

  // A net by its seed, or the first that is proved, or wrong, or the one that goes wrong latest; the first of all where there is no such net.
  function seedOf(data, experiment, text) {
    const wanted = text.replace(/^seed-/, "");
    if (/^\d+$/.test(wanted)) return (experiment.nets.find((net) => net.seed === Number(wanted)) ?? experiment.nets[0]).seed;
    const variant = data.tasks.find((t) => t.name === experiment.task).variants.find((v) => v.length === experiment.length);
    const late = wanted === "late" ? breaking.latest(experiment, variant) : null;
    const found = experiment.nets.find((net) => (late === null ? net.verdict?.verdict === (wanted === "late" ? "wrong" : wanted) : net.seed === late));
    return (found ?? experiment.nets[0]).seed;
  }

  function inputOf(text) {
    const run = /^([a-z]\w*)-(\d+)(?:-in-(\d+))?(?:\+(.*))?$/.exec(text);
    if (text.startsWith("input-")) return { kind: "text", text: text.slice(6).replaceAll("_", " ") };
    if (text.startsWith("example-")) return { kind: "example", index: Math.max(0, Number(text.slice(8)) - 1 || 0) };
    if (run) return { kind: "run", count: Math.min(10000, Number(run[2])), head: Number(run[3] ?? 1) - 1, rest: run[4] ?? "" };
    return null;
  }

  function inputText(input, variant) {
    if (input.kind === "text") return `input-${input.text.replaceAll(" ", "_")}`;
    if (input.kind === "example") return `example-${input.index + 1}`;
    return `${variant.run.word}-${input.count}${input.head ? `-in-${input.head + 1}` : ""}${input.rest ? `+${input.rest}` : ""}`;
  }

  // Read a link; what it does not say, or says wrongly, is null.
  function parse(hash, data) {
    let text = hash.replace(/^#/, "");
    try {
      text = decodeURIComponent(text);
    } catch {
      return null;
    }
    const [own, other] = text.split("/vs/");
    const [task, name, seed, ...rest] = own.split("/");
    if (!data.tasks.some((t) => t.name === task)) return null;
    const side = (experiment, seedText) => experiment && { experiment, seed: seedOf(data, experiment, seedText ?? "") };
    const left = side(name ? find(data, task, name) : null, seed);
    const [otherName, otherSeed] = (other ?? "").split("/");
    return { task, left, right: side(other ? find(data, task, otherName) : null, otherSeed), input: rest.length ? inputOf(rest.join("/")) : null };
  }

  function format(state, variant) {
    const side = ({ experiment, seed }) => `${short(experiment)}/seed-${seed}`;
    const right = state.right ? `/vs/${side(state.right)}` : "";
    return `#${state.task}/${side(state.left)}/${inputText(state.input, variant)}${right}`;
  }

  return { parse, format, short };
})();
