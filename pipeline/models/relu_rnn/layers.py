"""Rectified linear units in a recurrent layer."""

from keras import ops

from pipeline.layers.recurrent import Elman, State
from pipeline.layers.xla import Tensor


class Rectified(Elman):
    """``h' = max(0, x W + h U + b)``."""

    def step(self, fed: Tensor, state: State) -> State:
        return (ops.relu(fed + ops.matmul(state[0], self.recurrent_kernel) + ops.expand_dims(self.bias, 1)),)
