"""States that the net comes to under random inputs, by context. A guess to begin the induction with; no proof rests on it."""

import numpy as np

from pipeline.certification.nets.base import Net
from pipeline.certification.prover.contexts import Contexts
from pipeline.certification.sets.rounding import Reals


def visited_states(net: Net, contexts: Contexts, runs: int = 300, steps: int = 150, seed: int = 0) -> dict[int, Reals]:
    """Run the net on random words of ``k`` symbols; many of the runs repeat the same word for a stretch.

    Returns:
        The states of each visited context, by its number: ``[n, width]``, float64.
    """
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(contexts.words), size=(runs, steps))
    repeats = rng.random((runs, steps)) < rng.choice([0.0, 0.5, 0.9, 0.99], size=(runs, 1))
    for t in range(1, steps):
        drawn[:, t] = np.where(repeats[:, t], drawn[:, t - 1], drawn[:, t])
    state, at = np.zeros((runs, net.width), np.float32), np.zeros(runs, np.int64)
    states, places = [], []
    for t in range(steps):
        for symbols in contexts.words[drawn[:, t]].T:
            state, _ = net.step(state, symbols)
        at = contexts.targets[at, drawn[:, t]]
        states.append(state)
        places.append(at)
    together, place = np.concatenate(states).astype(np.float64), np.concatenate(places)
    return {int(context): together[place == context] for context in np.unique(place)}
