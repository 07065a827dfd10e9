"""Where runs really go: states of the net under random inputs, by key. A guess to begin the induction with; no proof rests on it."""

import numpy as np

from pipeline.certification.nets.base import Net
from pipeline.certification.prover.contexts import Keys
from pipeline.certification.sets.rounding import Reals


def visits(net: Net, keys: Keys, runs: int = 300, strides: int = 150, seed: int = 0) -> dict[int, Reals]:
    """Run the net on random strides, in stretches of the same one in many of the runs; return each visited key's states, ``[n, width]``."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(keys.words), size=(runs, strides))
    repeats = rng.random((runs, strides)) < rng.choice([0.0, 0.5, 0.9, 0.99], size=(runs, 1))
    for t in range(1, strides):
        drawn[:, t] = np.where(repeats[:, t], drawn[:, t - 1], drawn[:, t])
    state, at = np.zeros((runs, net.width), np.float32), np.zeros(runs, np.int64)
    states, places = [], []
    for t in range(strides):
        for symbols in keys.words[drawn[:, t]].T:
            state, _ = net.step(state, symbols)
        at = keys.targets[at, drawn[:, t]]
        states.append(state)
        places.append(at)
    together, place = np.concatenate(states).astype(np.float64), np.concatenate(places)
    return {int(key): together[place == key] for key in np.unique(place)}
