"""Memory blocks as of 1997."""

from typing import TYPE_CHECKING

import numpy as np
from keras import ops

from pipeline.layers.initializers import draw
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor

if TYPE_CHECKING:
    from pipeline.models.lstm_1997 import Params


class MemoryBlocks(Recurrent):
    """Long short-term memory as of 1997: blocks of cells that share an input and an output gate, and forget nothing.

    Hochreiter and Schmidhuber (1997), section 4 and appendix A.1: ``g`` is the logistic function scaled to [-2, 2], ``h`` to [-1, 1].
    Cells and gates see the inputs, all cells' outputs and all gates one step before; errors do not flow back through these (the
    truncated gradient of the paper), only through the cells' own states. Every unit is biased, as the paper's counts of weights have it
    (93 for adding, 156 for temporal order, with the readout's). ``params`` may say otherwise of the ranges and of what is seen.
    """

    def __init__(self, name: str, seeds: tuple[int, ...], inputs: int, params: "Params") -> None:
        super().__init__(name, seeds)
        blocks, weights = params.blocks, params.weights
        cells, gates = blocks * params.size, 2 * blocks
        self.size = params.size
        self.gates = gates
        self.g_range, self.h_range = params.g_range, params.h_range
        self.seen = None
        if params.recurrent != "all":
            shown = [params.recurrent == "gates"] * gates + [params.recurrent == "cells"] * cells
            self.seen = np.array(shown, dtype=np.float32)
        self.kernel = self.weight("kernel", draw(weights, (inputs, gates + cells), seeds, name, "kernel"))
        self.recurrent_kernel = self.weight("recurrent_kernel", draw(weights, (gates + cells, gates + cells), seeds, name, "recurrent"))
        biases = draw(weights, (gates + cells,), seeds, name, "bias")
        biases[:, :blocks] = params.input_gate_biases
        self.bias = self.weight("bias", biases)
        self.state_sizes = (gates + cells, cells)

    def output_of(self, state: State) -> Tensor:
        return state[0][..., self.gates :]

    def step(self, fed: Tensor, state: State) -> State:
        before, cells = state
        before = ops.stop_gradient(before) if self.seen is None else ops.stop_gradient(before) * self.seen
        fed = fed + ops.matmul(before, self.recurrent_kernel) + ops.expand_dims(self.bias, 1)
        gates = ops.sigmoid(fed[..., : self.gates])
        # The first cells of all blocks come first, then the second ones: each run of cells meets the blocks' gates in their order.
        into, out = (ops.concatenate([gate] * self.size, axis=-1) for gate in ops.split(gates, 2, axis=-1))
        cells = cells + into * (2.0 * self.g_range * ops.sigmoid(fed[..., self.gates :]) - self.g_range)
        hidden = out * (2.0 * self.h_range * ops.sigmoid(cells) - self.h_range)
        return ops.concatenate([gates, hidden], axis=-1), cells
