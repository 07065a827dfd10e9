"""Memory blocks and output units as of 1997, and nets of them that answer with sets."""

from typing import TYPE_CHECKING

import numpy as np
from keras import ops

from pipeline.core.examples import TaskSpec
from pipeline.layers.basic import Readout, SeedLayer
from pipeline.layers.initializers import draw
from pipeline.layers.networks import CausalNetwork
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor

if TYPE_CHECKING:
    from pipeline.models.lstm_1997 import Params


class MemoryBlocks(Recurrent):
    """Long short-term memory as of 1997: blocks of cells that share an input and an output gate, and forget nothing.

    Hochreiter and Schmidhuber (1997), section 4 and appendix A.1: ``g`` is the logistic function scaled to [-2, 2], ``h`` to [-1, 1].
    Cells and gates see the inputs, all cells' outputs and all gates one step before; errors do not flow back through these (the
    truncated gradient of the paper), only through the cells' own states. Every unit is biased, as the paper's counts of weights have it
    (93 for adding, 156 for temporal order, with the readout's). ``params`` may say otherwise of the ranges, of what is seen and biased.
    """

    def __init__(self, name: str, seeds: tuple[int, ...], inputs: int, params: "Params") -> None:
        super().__init__(name, seeds)
        blocks = params.blocks
        cells, gates = blocks * params.size, 2 * blocks
        units = gates + cells
        self.size = params.size
        self.gates = gates
        self.g_range, self.h_range = params.g_range, params.h_range
        self.seen = None
        if params.recurrent != "all":
            shown = [params.recurrent == "gates"] * gates + [params.recurrent == "cells"] * cells
            self.seen = np.array(shown, dtype=np.float32)
        self.kernel = self.weight("kernel", draw(params.weights, (inputs, units), seeds, name, "kernel"))
        self.recurrent_kernel = self.weight("recurrent_kernel", draw(params.weights, (units, units), seeds, name, "recurrent"))
        biases = draw(params.weights, (gates if params.biased == "gates" else units,), seeds, name, "bias")
        for block, given in ((0, params.input_gate_biases), (blocks, params.output_gate_biases)):
            if given:
                biases[:, block : block + blocks] = given
        self.bias = self.weight("bias", biases)
        self.unbiased = units - biases.shape[1]
        self.state_sizes = (units, cells)

    def output_of(self, state: State) -> Tensor:
        return state[0][..., self.gates :]

    def step(self, fed: Tensor, state: State) -> State:
        before, cells = state
        before = ops.stop_gradient(before) if self.seen is None else ops.stop_gradient(before) * self.seen
        bias = ops.pad(self.bias, [(0, 0), (0, self.unbiased)]) if self.unbiased else self.bias
        fed = fed + ops.matmul(before, self.recurrent_kernel) + ops.expand_dims(bias, 1)
        gates = ops.sigmoid(fed[..., : self.gates])
        # The first cells of all blocks come first, then the second ones: each run of cells meets the blocks' gates in their order.
        into, out = (ops.concatenate([gate] * self.size, axis=-1) for gate in ops.split(gates, 2, axis=-1))
        cells = cells + into * (2.0 * self.g_range * ops.sigmoid(fed[..., self.gates :]) - self.g_range)
        hidden = out * (2.0 * self.h_range * ops.sigmoid(cells) - self.h_range)
        return ops.concatenate([gates, hidden], axis=-1), cells


class OutputUnits(Readout):
    """``y = h V + c`` as of 1997: ``[S, …, H]`` to ``[S, …, C]``; without ``c`` where the gates alone are biased."""

    def __init__(self, name: str, seeds: tuple[int, ...], outputs: int, params: "Params") -> None:
        SeedLayer.__init__(self, name, seeds)
        self.kernel = self.weight("kernel", draw(params.weights, (params.blocks * params.size, outputs), seeds, name))
        self.bias = self.constant("bias", (outputs,), 0.0) if params.biased == "all" else None

    def call(self, hidden: Tensor) -> Tensor:
        return ops.matmul(hidden, ops.expand_dims(self.kernel, 1)) if self.bias is None else super().call(hidden)


class SetNetwork(CausalNetwork):
    """A net whose answer is a set of the C symbols that it reads, as a number: the sum of ``2 ** symbol``.

    An input is ``symbol + C * (asked - 1)``. The net reads the symbol alone; ``asked`` says how many of the most active outputs are the
    answer there, as in experiment 1. Where outputs are equally active, all of them are in it.
    """

    def segment(
        self, inputs: Tensor, states: tuple[State, ...] | None, keys: Tensor | None = None, answers: int | None = None
    ) -> tuple[Tensor, tuple[State, ...]]:
        """Read on, as any ``CausalNetwork``; outputs ``[S, B, A, C]`` are activations in training, else 1 in the answer and 0 outside."""
        symbols, inputs = self.encoding.symbols, ops.cast(inputs, "int32")
        outputs, after = super().segment(inputs % symbols, states, keys, answers)
        if keys is not None or answers == 0:
            return outputs, after
        asked = (inputs if answers is None else inputs[:, :, -answers:]) // symbols + 1
        above = ops.sum(ops.cast(ops.expand_dims(outputs, -2) > ops.expand_dims(outputs, -1), "int32"), axis=-1)
        return ops.cast(above < ops.expand_dims(asked, -1), "float32"), after

    def answers(self, outputs: Tensor, symbols: bool) -> Tensor:
        """Read sets, ``[…, C]`` of 1 and 0 to ``[…]`` int32."""
        return ops.sum(ops.cast(outputs, "int32") * 2 ** ops.arange(outputs.shape[-1]), axis=-1)


def members(spec: TaskSpec) -> int:
    """Return of how many symbols the answers of a task are sets.

    Raises:
        ValueError: They are none, or its inputs are not these symbols with how many are asked for.
    """
    count = (spec.outputs or 1).bit_length() - 1
    if not count or spec.outputs != 2**count or spec.inputs is None or spec.inputs % count:
        raise ValueError(f"expected sets of input symbols for the answers 'set', got {spec.inputs} inputs and {spec.outputs} outputs")
    return count
