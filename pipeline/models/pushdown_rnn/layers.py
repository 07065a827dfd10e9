"""A tanh layer that drives a stack of symbols."""

from keras import ops

from pipeline.layers.basic import Readout
from pipeline.layers.initializers import GateConvention, draw, gate_kernels
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor

# Cells before anything is read; there are twice as many whenever they might not suffice, and a program is compiled for each number. A cell
# is a byte, and costs no time.
CELLS = 2048


class PushdownElman(Recurrent):
    """``h' = tanh(x W + h U + t T + b)``, where t is the top of the stack once h has acted on it; the output is ``(h', t')``.

    A stack cell is a share for each of K symbols, an empty one zeros. In training h acts softly, as in Joulin and Mikolov (2015),
    "Inferring Algorithmic Patterns with Stack-Augmented Recurrent Nets", eqs. 4-6: with ``a = softmax(h A + c)`` the stack becomes
    ``a_push push(softmax(h P + p)) + a_pop pop + a_stay stay``. Otherwise it acts hard: the largest of ``h A + c`` is done, the symbol
    with the largest of ``h P + p`` is pushed, and a pop of an empty stack does nothing. The zeros before the first position do not act.

    Where we depart from that paper: what is pushed is a symbol and not a real; h acts once its noise was added, so that actions and symbols
    must be sure of themselves to survive it; and the output sees the top that h' leaves, so that "what is open now?" needs no memory.

    The state: h ``[S, B, H]``, whether anything was read ``[S, B, 1]``, and the stack before h acts: cells ``[S, B, C, K]`` in training,
    top first; else symbols ``[S, B, C]`` from the bottom up, and the height ``[S, B]``. A hard stack costs the same at every depth.
    """

    def __init__(
        self, name: str, seeds: tuple[int, ...], inputs: int, units: int, symbols: int, kernels: GateConvention, noise: float = 0.0
    ) -> None:
        super().__init__(name, seeds)
        self.noise = (noise,)
        kernel, recurrent = gate_kernels(kernels, inputs, units, units, 1, seeds, name)
        self.kernel = self.weight("kernel", kernel)
        self.recurrent_kernel = self.weight("recurrent_kernel", recurrent)
        self.top_kernel = self.weight("top_kernel", draw("glorot_uniform", (symbols, units), seeds, name, "top"))
        self.bias = self.constant("bias", (units,), 0.0)
        self.actions = Readout(f"{name}_actions", seeds, units, 3, "glorot_uniform")
        self.pushed = Readout(f"{name}_pushed", seeds, units, symbols, "glorot_uniform")
        self.units, self.symbols = units, symbols

    def initial_state(self, batch: Tensor) -> State:
        return self._empty(batch, CELLS)

    def grown(self, state: State, positions: int) -> State:
        hidden, begun, cells, height = state
        size = needed = cells.shape[2]
        while size <= int(ops.convert_to_numpy(height).max()) + positions:
            size *= 2
        return hidden, begun, ops.pad(cells, [(0, 0), (0, 0), (0, size - needed)]), height

    def call(self, inputs: Tensor, state: State | None = None, keys: Tensor | None = None) -> tuple[Tensor, State]:
        """As of any recurrent layer, softly with ``keys``; a state that is given must have room for the inputs (``grown``)."""
        batch, positions = ops.shape(inputs)[1], inputs.shape[2]
        if state is None:
            state = self._empty(batch, positions + 1) if keys is None else self._empty_softly(batch, positions)
        return super().call(inputs, state, keys)

    def step(self, fed: Tensor, state: State) -> State:
        hidden, begun, *stack = state
        stack = self._acted(hidden, begun, stack)
        seen = ops.matmul(hidden, self.recurrent_kernel) + ops.matmul(self._top(stack), self.top_kernel)
        hidden = ops.tanh(fed + seen + ops.expand_dims(self.bias, 1))
        return hidden, ops.ones_like(begun), *stack

    def output_of(self, state: State) -> Tensor:
        hidden, begun, *stack = state
        if len(stack) == 1:
            top = self._top(self._acted(hidden, begun, stack))
        else:  # without a second copy of the stack
            push, moved, pushed = self._choice(hidden, begun, stack[1])
            below = self._top([stack[0], moved])
            top = ops.where(push, ops.one_hot(pushed, self.symbols), below)
        return ops.concatenate([hidden, top], axis=-1)

    def _acted(self, hidden: Tensor, begun: Tensor, stack: list[Tensor]) -> list[Tensor]:
        if len(stack) == 1:
            return [self._acted_softly(hidden, begun, stack[0])]
        cells, height = stack
        seeds, batch, size = ops.shape(cells)
        _, moved, pushed = self._choice(hidden, begun, height)
        # What is written stands above the top, unless it is pushed, and the next push overwrites it.
        places = ops.arange(seeds * batch) * size + ops.reshape(height, (-1,))
        symbols = ops.cast(ops.reshape(pushed, (-1,)), cells.dtype)
        written = ops.scatter_update(ops.reshape(cells, (-1,)), ops.expand_dims(places, -1), symbols)
        return [ops.reshape(written, (seeds, batch, size)), moved]

    def _choice(self, hidden: Tensor, begun: Tensor, height: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return whether h pushes ``[S, B, 1]``, the height that it leaves, and the symbol that it would push, ``[S, B]`` each."""
        action = ops.where(begun[:, :, 0] > 0, ops.argmax(self.actions(hidden), axis=-1), 2)
        push, pop = (ops.cast(ops.equal(action, which), "int32") for which in (0, 1))
        pushed = ops.cast(ops.argmax(self.pushed(hidden), axis=-1), "int32")
        return ops.expand_dims(push > 0, -1), ops.maximum(height + push - pop, 0), pushed

    def _acted_softly(self, hidden: Tensor, begun: Tensor, stack: Tensor) -> Tensor:
        push, pop, _ = (ops.expand_dims(begun * action, -1) for action in ops.split(ops.softmax(self.actions(hidden)), 3, axis=-1))
        pushed = ops.concatenate([ops.expand_dims(ops.softmax(self.pushed(hidden)), 2), stack[:, :, :-1]], axis=2)
        popped = ops.concatenate([stack[:, :, 1:], ops.zeros_like(stack[:, :, :1])], axis=2)
        return push * pushed + pop * popped + (1.0 - push - pop) * stack

    def _top(self, stack: list[Tensor]) -> Tensor:
        """Return what lies on top ``[S, B, K]``, zeros of an empty stack."""
        if len(stack) == 1:
            return stack[0][:, :, 0]
        cells, height = stack
        seeds, batch, size = ops.shape(cells)
        places = ops.arange(seeds * batch) * size + ops.maximum(ops.reshape(height, (-1,)) - 1, 0)
        symbols = ops.reshape(ops.take(ops.reshape(cells, (-1,)), places), (seeds, batch))
        return ops.where(ops.expand_dims(height, -1) > 0, ops.one_hot(ops.cast(symbols, "int32"), self.symbols), 0.0)

    def _empty(self, batch: Tensor, cells: int) -> State:
        seeds = len(self.seeds)
        stack = ops.zeros((seeds, batch, cells), "uint8"), ops.zeros((seeds, batch), "int32")
        return ops.zeros((seeds, batch, self.units)), ops.zeros((seeds, batch, 1)), *stack

    def _empty_softly(self, batch: Tensor, cells: int) -> State:
        seeds = len(self.seeds)
        return ops.zeros((seeds, batch, self.units)), ops.zeros((seeds, batch, 1)), ops.zeros((seeds, batch, cells, self.symbols))
