// The guided tour: six steps, each of which sets what is shown.
"use strict";

const tour = (() => {
  // Make the tour in `root`. `go(at)` shows what a link says and returns the left panel's view; `look(part, place)` points at a part of both nets or of one.
  function create(root, steps, go, look) {
    const get = (name) => root.querySelector(`[data-part="${name}"]`);
    let at = -1;
    const list = steps.map((step, i) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = step.title;
      button.addEventListener("click", () => show(i));
      item.append(button);
      return item;
    });
    get("steps").replaceChildren(...list);
    get("back").addEventListener("click", () => show(at - 1));
    get("next").addEventListener("click", () => show(at + 1));
    get("close").addEventListener("click", close);
    addEventListener("keydown", (event) => event.key === "Escape" && at >= 0 && close());
    close();

    // While it goes on, the tour stands below what it speaks of; else it is a line of steps at the top.
    function close() {
      at = -1;
      get("title").textContent = "A guided tour";
      get("says").textContent = "Choose a step, or look around by yourself below.";
      turned();
      look("");
    }

    function turned() {
      root.classList.toggle("on", at >= 0);
      list.forEach((item, k) => (k === at ? item.firstChild.setAttribute("aria-current", "step") : item.firstChild.removeAttribute("aria-current")));
      get("back").disabled = at <= 0;
      get("next").disabled = at === steps.length - 1;
      get("close").hidden = at < 0;
      document.documentElement.style.scrollPaddingBottom = at < 0 ? "" : `${root.offsetHeight + 12}px`;
      document.body.style.paddingBottom = at < 0 ? "" : `${root.offsetHeight + 12}px`;
    }

    function show(i) {
      at = Math.max(0, Math.min(steps.length - 1, i));
      const step = steps[at];
      const view = go(step);
      const name = (symbol) => tasks.nameOf(view.variant.outputs, symbol);
      const values = view?.first >= 0 ? { first: answers.ordinal(view.first + 1), right: name(view.exact[view.first]) } : {};
      get("title").textContent = `${at + 1}. ${step.title}`;
      get("says").textContent = step.says.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "—");
      turned();
      look(step.look, step.net);
    }

    return { begin: () => show(0) };
  }

  return { create };
})();
