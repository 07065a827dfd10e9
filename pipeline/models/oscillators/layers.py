"""Oscillators whose amplitude may grow linearly, and how they learn from runs of their own outputs."""

import math

import numpy as np
from keras import ops

from pipeline.layers.initializers import draw
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor, uniform

# What is corrected at once, of an error shared out among the oscillators, before anything is learnt: in the plane that is read, and in the
# drift. Such a net is stable whatever its frequencies are.
GAINS = np.array([0.3, 0.0, 0.15, 0.0], dtype=np.float32)[:, np.newaxis]
START = 0.1


class Oscillators(Recurrent):
    """Two planes for each oscillator, which turn by the same angle ``θ = step * frequency``; the second one drifts into the first.

    ``e = x - y``, ``p += K e``, ``q += L e``; ``q' = R(θ) q``, ``p' = R(θ) p + step * q'``; the output ``y'`` is the sum of the first
    coordinates of all ``p'`` and predicts the next input. These are the innovations form of a linear series (Kalman 1960; Anderson and
    Moore 1979, "Optimal Filtering", section 9.3) and rotations in the recurrence (Arjovsky, Shah and Bengio 2016, "Unitary Evolution
    Recurrent Neural Networks"), in Jordan blocks of order two. Learnt are the frequencies, the gains K and L, and the state at the start.

    The inductive bias: nothing decays or explodes. Fed its own outputs, the error is zero, and the net goes on as a sum of
    ``(a + b t) cos(θ t + c)``. In training it has to do so for runs of positions whose inputs it does not see (scheduled sampling: Bengio
    et al. 2015), by turns with runs that it reads; their length, the same for both, is drawn log-uniformly between ``runs`` (0: it reads
    all).
    """

    def __init__(self, name: str, seeds: tuple[int, ...], oscillators: int, step: float, fastest: float, runs: tuple[int, int]) -> None:
        super().__init__(name, seeds)
        self.pace = step
        self.runs = runs
        shape = (4, oscillators)
        # One from each of as many equal parts of the range: all of it is near to some oscillator, whatever the seed.
        within = draw("uniform_0_1", (oscillators,), seeds, name, "frequencies")
        self.frequencies = self.weight(
            "frequencies", np.float32(fastest / oscillators) * (np.arange(oscillators, dtype=np.float32) + within)
        )
        spread = 0.5 + draw("uniform_0_1", shape, seeds, name, "gains")
        self.kernel = self.weight("gains", GAINS / np.float32(oscillators) * spread)
        self.start = self.weight("start", np.float32(START) * draw("truncated_normal", shape, seeds, name, "start"))

    def initial_state(self, batch: Tensor) -> State:
        """Return the learnt state: the coordinates of p and of q, ``[S, B, J]`` each."""
        shape = (len(self.seeds), batch, self.start.shape[-1])
        return tuple(ops.broadcast_to(self.start[:, i : i + 1], shape) for i in range(4))

    def feed(self, inputs: Tensor) -> Tensor:
        """Pass on ``[S, …, 2]``: a value, and whether it is read."""
        return inputs

    def step(self, fed: Tensor, state: State) -> State:
        surprise = fed[..., 1:] * (fed[..., :1] - self.output_of(state))
        p, p_aside, q, q_aside = (value + self.kernel[:, i : i + 1] * surprise for i, value in enumerate(state))
        angles = self.pace * ops.expand_dims(self.frequencies, 1)
        along, across = ops.cos(angles), ops.sin(angles)
        q, q_aside = along * q - across * q_aside, across * q + along * q_aside
        p, p_aside = along * p - across * p_aside, across * p + along * p_aside
        return p + self.pace * q, p_aside + self.pace * q_aside, q, q_aside

    def output_of(self, state: State) -> Tensor:
        return ops.sum(state[0], axis=-1, keepdims=True)

    def call(self, inputs: Tensor, state: State | None = None, keys: Tensor | None = None) -> tuple[Tensor, State]:
        """As of any recurrent layer; in training (``keys``) parts of ``inputs`` are not read."""
        read = ops.ones_like(inputs) if keys is None or self.runs[1] == 0 else self._read(keys, inputs.shape[1], inputs.shape[2])
        return super().call(ops.concatenate([inputs, read], axis=-1), state)

    def _read(self, keys: Tensor, batch: int, positions: int) -> Tensor:
        """Draw which positions are read: ``[S, B, T, 1]`` of ones and zeros, in runs of a length for each sequence, from any place on."""
        drawn = ops.stack([uniform(keys[s], (batch, 2, 1)) for s in range(len(self.seeds))])
        shortest, longest = (math.log(run) for run in self.runs)
        runs = ops.exp(shortest + (longest - shortest) * drawn[:, :, 0])
        turns = ops.cast(ops.arange(positions), "float32") / (2.0 * runs) + drawn[:, :, 1]
        return ops.expand_dims(ops.cast(turns - ops.floor(turns) >= 0.5, "float32"), -1)
