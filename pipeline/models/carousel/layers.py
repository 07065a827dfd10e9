"""Cells that add up what they read."""

from keras import ops

from pipeline.layers.initializers import draw
from pipeline.layers.recurrent import Recurrent, State
from pipeline.layers.xla import Tensor


class Carousel(Recurrent):
    """``s' = s + tanh(x W)``: the constant error carousel without gates (Hochreiter and Schmidhuber 1997, section 3.2).

    The inductive bias: the state is a sum, and what is read as zero adds nothing to it.
    """

    def __init__(self, name: str, seeds: tuple[int, ...], inputs: int, units: int) -> None:
        super().__init__(name, seeds)
        self.kernel = self.weight("kernel", draw("glorot_uniform", (inputs, units), seeds, name, "kernel"))
        self.state_sizes = (units,)

    def step(self, fed: Tensor, state: State) -> State:
        return (state[0] + ops.tanh(fed),)
