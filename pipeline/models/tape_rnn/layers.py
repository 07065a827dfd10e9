"""A tanh layer that works on a tape."""

import numpy as np
from keras import ops

from pipeline.layers.basic import Readout
from pipeline.layers.initializers import GateConvention, draw, gate_kernels
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor

# Cells on either side of the head before anything is read; there are twice as many whenever they might not suffice.
REACH = 32


class TapeElman(Recurrent):
    """``h' = tanh(x W + h U + m_0 V + b)``; then the cell under the head is written, and the head moves, a bit of each way.

    ``m_0 <- h' D + d``, ``m'_i = Σ_a softmax(h' A + c)_a m_(i + step_a)``: the tape ``m`` is seen from the head, at cell 0, which stays or
    moves to a neighbour (Delétang et al. 2023, "Neural Networks and the Chomsky Hierarchy", appendix A, after the Baby-NTM of Suzgun
    et al. 2019). With ``jumps`` it can also move by as many cells as positions were read before, either way: where an input has ended
    that is its length, which the paper's net is told from the start.

    Where we depart: what is written is a linear function of ``h'`` (there: a net with two hidden layers), and the tape is no ring, but
    reaches from the head as far as positions were read; what is moved beyond is lost. So answers do not depend on how many cells there are.

    The state: h ``[S, B, H]``, the tape ``[S, B, 2 reach + 1, M]`` with the head in the middle, and how many positions were read
    ``[S, B, 1]``.
    """

    def __init__(
        self, name: str, seeds: tuple[int, ...], inputs: int, units: int, size: int, kernels: GateConvention, jumps: bool,
        noise: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(name, seeds)
        self.noise = (noise,)
        kernel, recurrent = gate_kernels(kernels, inputs, units, units, 1, seeds, name)
        self.kernel = self.weight("kernel", kernel)
        self.recurrent_kernel = self.weight("recurrent_kernel", recurrent)
        self.cell_kernel = self.weight("cell_kernel", draw("glorot_uniform", (size, units), seeds, name, "cell"))
        self.bias = self.constant("bias", (units,), 0.0)
        self.written = Readout(f"{name}_written", seeds, units, size, "glorot_uniform")
        self.moves = Readout(f"{name}_moves", seeds, units, 5 if jumps else 3, "glorot_uniform")
        self.units, self.size, self.jumps = units, size, jumps

    def initial_state(self, batch: Tensor) -> State:
        return self._empty(batch, REACH)

    def grown(self, state: State, positions: int) -> State:
        hidden, tape, read = state
        reach = before = tape.shape[2] // 2
        while reach < int(np.asarray(ops.convert_to_numpy(read))[0, 0, 0]) + positions:
            reach *= 2
        return hidden, ops.pad(tape, [(0, 0), (0, 0), (reach - before, reach - before), (0, 0)]), read

    def step(self, fed: Tensor, state: State) -> State:
        hidden, tape, read = state
        reach = ops.shape(tape)[2] // 2
        seen = ops.matmul(hidden, self.recurrent_kernel) + ops.matmul(tape[:, :, reach], self.cell_kernel)
        hidden = ops.tanh(fed + seen + ops.expand_dims(self.bias, 1))
        written = ops.expand_dims(self.written(hidden), 2)
        tape = ops.concatenate([tape[:, :, :reach], written, tape[:, :, reach + 1 :]], axis=2)
        edge = ops.zeros_like(written)
        seen_after = [
            tape,
            ops.concatenate([edge, tape[:, :, :-1]], axis=2),
            ops.concatenate([tape[:, :, 1:], edge], axis=2),
        ]
        if self.jumps:
            distance = ops.cast(read[0, 0, 0], "int32")
            seen_after += [_shifted(tape, -distance), _shifted(tape, distance)]
        shares = ops.split(ops.softmax(self.moves(hidden)), len(seen_after), axis=-1)
        tape = sum(ops.expand_dims(share, -1) * after for share, after in zip(shares, seen_after, strict=True))
        read = read + 1.0
        return hidden, tape * self._reached(read[:1, :1], reach) if self.jumps else tape, read

    def call(self, inputs: Tensor, state: State | None = None, keys: Tensor | None = None) -> tuple[Tensor, State]:
        """As of any recurrent layer; a state that is given must have room for the inputs (``grown``)."""
        return super().call(inputs, self._empty(ops.shape(inputs)[1], inputs.shape[2]) if state is None else state, keys)

    def _empty(self, batch: Tensor, reach: int) -> State:
        seeds = len(self.seeds)
        return ops.zeros((seeds, batch, self.units)), ops.zeros((seeds, batch, 2 * reach + 1, self.size)), ops.zeros((seeds, batch, 1))

    def _reached(self, read: Tensor, reach: int) -> Tensor:
        """Return 1.0 for cells at most ``read`` from the head, else 0.0: ``[1, 1, 2 reach + 1, 1]``."""
        from_head = ops.abs(ops.cast(ops.arange(2 * reach + 1) - reach, "float32"))
        return ops.cast(ops.expand_dims(read, -1) >= ops.reshape(from_head, (1, 1, -1, 1)), "float32")


def _shifted(tape: Tensor, distance: Tensor) -> Tensor:
    """See ``[S, B, cells, M]`` from a head that has moved on by ``distance`` cells; beyond the ends there are zeros."""
    cells = ops.shape(tape)[2]
    places = ops.arange(cells, dtype="int32") + distance
    inside = ops.cast(ops.logical_and(places >= 0, places < cells), "float32")
    return ops.take(tape, ops.clip(places, 0, cells - 1), axis=2) * ops.reshape(inside, (1, 1, cells, 1))
