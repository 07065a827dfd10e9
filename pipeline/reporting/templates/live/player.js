// Time: which frame is shown, and the clock that moves it on.
"use strict";

const player = (() => {
  // Frames a second at each speed; the last one takes about ten seconds however long the input.
  const SPEEDS = { slow: () => 2.5, steady: () => 10, fast: (frames) => Math.max(40, frames / 10) };
  let frames = 1;
  let t = 0;
  let playing = false;
  let speed = "steady";
  let before = null;
  let shown = () => {};
  let turned = () => {};

  function tick(now) {
    if (!playing) return;
    // A page that was hidden does not catch up.
    const seconds = before === null ? 0 : Math.min(0.1, (now - before) / 1000);
    before = now;
    t = Math.min(frames, t + seconds * SPEEDS[speed](frames));
    if (t >= frames) pause();
    shown(t);
    if (playing) requestAnimationFrame(tick);
  }

  function play() {
    if (playing) return;
    if (t >= frames) t = 0;
    playing = true;
    before = null;
    turned(true);
    requestAnimationFrame(tick);
  }

  function pause() {
    playing = false;
    turned(false);
  }

  function seek(to) {
    t = Math.max(0, Math.min(frames, to));
    shown(t);
  }

  return {
    play,
    pause,
    seek,
    toggle: () => (playing ? pause() : play()),
    step(by) {
      pause();
      seek(Math.floor(t) + by);
    },
    // Take over an input of so many frames, and show its end.
    load(count) {
      pause();
      frames = count;
      t = count;
    },
    set speed(name) {
      speed = name;
    },
    get t() {
      return t;
    },
    get frames() {
      return frames;
    },
    get playing() {
      return playing;
    },
    watch(onShown, onTurned) {
      shown = onShown;
      turned = onTurned;
    },
  };
})();
