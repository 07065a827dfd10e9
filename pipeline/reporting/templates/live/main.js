// The page: what is chosen, the controls, and the link to it.
"use strict";

packs.begin().then(() => {
  const { data } = packs;
  const get = (id) => document.getElementById(id);
  if (!data.experiments.length) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  // The slider is linear as far as LINEAR, and then grows geometrically up to MOST.
  const [LINEAR, MOST, STOPS] = [40, 10000, 200];

  const state = { task: null, left: null, right: null, input: null };
  const of = (task) => data.experiments.filter((e) => e.task === task);
  const variantOf = (side) => data.tasks.find((t) => t.name === side.experiment.task).variants.find((v) => v.length === side.experiment.length);
  const panels = { left: panel.create(get("left"), data, chosen("left")), right: panel.create(get("right"), data, chosen("right")) };

  function chosen(place) {
    return (experiment, seed) => {
      state[place] = { experiment, seed };
      show();
    };
  }

  const symbolsOf = (variant) => choice.beside(variant, variantOf(state.left), state.input);

  // Read a net that is not in the page from its file, and show it then.
  function bring(place) {
    const { experiment, seed } = state[place];
    const still = () => state[place]?.experiment === experiment && state[place].seed === seed;
    packs.ready(experiment, seed).then(
      () => still() && show(),
      (error) => still() && panels[place].complain(error.message),
    );
  }

  // Show what `state` says: both nets read the input, up to its end.
  function show() {
    const experiments = of(state.task);
    panels.left.choose(state.left, experiments);
    get("right").hidden = !state.right;
    if (state.right) panels.right.choose(state.right, experiments);
    controls();
    const views = [panels.left.read(variantOf(state.left), symbolsOf), state.right && panels.right.read(variantOf(state.right), symbolsOf)];
    for (const place of ["left", "right"]) if (state[place] && !panels[place].net.weights) bring(place);
    const frames = Math.max(1, ...views.map((view) => view?.run.frames ?? 1));
    player.load(frames);
    get("time").max = frames;
    moment(frames);
    remember();
    return views[0];
  }

  function controls() {
    const variant = variantOf(state.left);
    get("task").value = state.task;
    get("about").textContent = data.tasks.find((t) => t.name === state.task).about;
    let text = "";
    try {
      text = tasks.show(variant, choice.symbols(variant, state.input));
    } catch {
      text = state.input.text ?? "";
    }
    get("text").value = text;
    get("run-row").hidden = !variant.run;
    if (!variant.run) return;
    const { word, heads } = variant.run;
    const found = state.input.kind === "run" ? state.input : { count: runIn(variant).count, head: 0 };
    get("run-word").textContent = variant.inputs.backwards ? `Trailing ${word}` : `A run of ${word}`;
    get("run").value = stopOf(found.count);
    get("run").setAttribute("aria-valuetext", `${found.count.toLocaleString("en")} ${word}`);
    get("count").value = found.count;
    get("head").replaceChildren(
      ...heads.map(({ state: own }, i) => {
        const option = document.createElement("option");
        [option.value, option.textContent] = [i, variant.rule.states[own]];
        return option;
      }),
    );
    get("head").value = found.head;
  }

  function runIn(variant) {
    try {
      return tasks.runIn(variant, tasks.read(variant, state.input.text ?? variant.examples[state.input.index % variant.examples.length]));
    } catch {
      return { count: 0, rest: [] };
    }
  }

  const countOf = (stop) => (stop <= LINEAR ? stop : Math.round(LINEAR * (MOST / LINEAR) ** ((stop - LINEAR) / (STOPS - LINEAR))));
  const stopOf = (count) => (count <= LINEAR ? count : Math.round(LINEAR + ((STOPS - LINEAR) * Math.log(count / LINEAR)) / Math.log(MOST / LINEAR)));

  // Make the run as long as asked; what is read after it stays.
  function setRun(count, head) {
    const variant = variantOf(state.left);
    const rest = state.input.kind === "run" ? state.input.rest : tasks.write(variant.inputs, runIn(variant).rest);
    state.input = { kind: "run", count: Math.max(0, Math.min(MOST, count)), head, rest: rest.length > 60 ? "" : rest };
    later();
  }

  let waiting = false;
  // A slider that is dragged asks more often than nets can read; once a frame is enough.
  function later() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      show();
    });
  }

  function remember() {
    const variant = variantOf(state.left);
    const link = address.format(state, variant);
    // A longer one would be shortened on its way.
    const fits = link.length < 2000;
    get("link").hidden = !fits;
    if (fits) get("link").href = link;
    if (location.hash !== link) history.replaceState(null, "", fits ? link : `#${state.task}`);
  }

  // Draw the moment `t` everywhere.
  function moment(t) {
    get("time").value = t;
    get("time").setAttribute("aria-valuetext", `${Math.floor(t).toLocaleString("en")} of ${player.frames.toLocaleString("en")} steps`);
    panels.left.draw(t);
    if (state.right) panels.right.draw(t);
  }

  // Take over a link; parts that it does not say stay as they are, or are chosen anew where the task is another one.
  function follow(hash) {
    const found = address.parse(hash, data);
    if (!found) return null;
    const other = choice.pair(of(found.task));
    state.task = found.task;
    state.left = found.left ?? other.left;
    state.right = found.right ?? (other.right?.experiment === state.left.experiment ? other.left : other.right);
    if (state.right?.experiment === state.left.experiment && state.right.seed === state.left.seed) state.right = null;
    const variant = variantOf(state.left);
    state.input = found.input ?? choice.input(variant);
    if (state.input.kind === "run" && !variant.run) state.input = choice.input(variant);
    return show();
  }

  function replay() {
    if (calm.matches) return;
    player.seek(0);
    player.play();
  }

  function breakIt(place) {
    const { side, net } = panels[place];
    const variant = variantOf(side);
    // A counter is proved up to some length only: so many ones it counts wrongly.
    const fails = net.verdict?.fails;
    if (fails && fails <= 10000) {
      state.input = { kind: "text", text: "1".repeat(fails) };
      show();
      panels[place].say(`Found by its proof, which ends before ${fails.toLocaleString("en")} ones.`);
      replay();
      return;
    }
    if (net.verdict?.verdict === "proved") {
      const said = net.verdict.said;
      panels[place].say(said ? `${fails ? "None that this page can read" : "There is none"}: ${said.replace("proved: ", "")}.` : "There is none: this net is proved right on every input of every length. Any other will be answered rightly too; try one.");
      return;
    }
    const { text, tried, said } = breaking.search(side.experiment, net, variant);
    if (text === undefined) {
      panels[place].say(tried ? `None of ${tried.toLocaleString("en")} inputs broke it. That is no proof.` : "This page knows no exact answers to hold it against.");
      return;
    }
    state.input = { kind: "text", text };
    show();
    panels[place].say(`Found by ${said}: ${text.length > 60 ? `an input of ${text.length.toLocaleString("en")} characters` : text}.`);
    replay();
  }

  // Draw another input at random, or take the task's next example.
  let draws = Date.now();
  function another() {
    const variant = variantOf(state.left);
    const [left, right] = [variant, state.right && variantOf(state.right)];
    if (variant.free && variant.variable && (!right || right === left)) {
      const length = 2 + Math.floor(tasks.random(draws++)() * 2 * variant.length);
      state.input = { kind: "text", text: tasks.show(variant, tasks.drawn(variant, length, tasks.random(draws++))) };
    } else {
      state.input = { kind: "example", index: ((state.input.index ?? 0) + 1) % variant.examples.length };
    }
    show();
  }

  get("task").replaceChildren(...data.tasks.map((t) => new Option(t.title, t.name)));
  get("task").addEventListener("change", (event) => follow(`#${event.target.value}`));
  get("type").addEventListener("submit", (event) => {
    event.preventDefault();
    state.input = { kind: "text", text: get("text").value.trim() };
    show();
    replay();
  });
  get("another").addEventListener("click", another);
  get("run").addEventListener("input", (event) => setRun(countOf(Number(event.target.value)), Number(get("head").value)));
  get("count").addEventListener("change", (event) => setRun(Math.round(Number(event.target.value)) || 0, Number(get("head").value)));
  get("head").addEventListener("change", () => setRun(Number(get("count").value), Number(get("head").value)));
  get("play").addEventListener("click", player.toggle);
  get("back").addEventListener("click", () => player.step(-1));
  get("on").addEventListener("click", () => player.step(1));
  get("time").addEventListener("input", (event) => {
    player.pause();
    player.seek(Number(event.target.value));
  });
  get("speed").addEventListener("change", (event) => (player.speed = event.target.value));
  for (const place of ["left", "right"]) panels[place].find.addEventListener("click", () => breakIt(place));
  player.watch(moment, (playing) => {
    get("play").textContent = playing ? "Pause" : "Play";
  });
  addEventListener("hashchange", () => follow(location.hash));
  addEventListener("resize", () => moment(player.t));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    drawing.refresh();
    moment(player.t);
  });

  // Frame a part of both nets, or of one, and bring it into sight.
  function look(part, place) {
    document.querySelectorAll(".pointed").forEach((element) => element.classList.remove("pointed"));
    const found = part ? [...document.querySelectorAll(`${place ? `#${place} ` : ""}[data-look~="${part}"]`)] : [];
    found.forEach((element) => element.classList.add("pointed"));
    found.find((element) => element.offsetParent)?.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
  }

  const asked = follow(location.hash);
  if (data.tour.length) {
    const steps = tour.create(get("tour"), data.tour, (step) => {
      const view = follow(`#${step.at}`) ?? panels.left.view;
      if (step.play) replay();
      return view;
    }, look);
    if (!asked) steps.begin();
  }
  if (!state.task) follow(`#${data.tasks[0].name}`);
  document.documentElement.dataset.ready = "";
});
