"""PyTorch with ``torch.compile``: the forward pass, the loss and their gradients are compiled, and the loop is the eager one.

The cells are written by hand (``torch_cells``), and their loop over time is unrolled. By default ``torch.compile`` leaves ``nn.LSTM`` and
its like as they are; where it is told not to (``torch._dynamo.config.allow_rnn``), what PyTorch 2.15 makes of ``nn.LSTM`` fails. Over
more positions than compile in a minute or two, the library's layer stays a call of the library. Needs a C++ compiler.
"""

from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.contenders.torch_cells import ByHand
from benchmarks.contenders.torch_eager import TorchEager, loss_of
from benchmarks.workloads import Workload

UNROLLED = 20


class TorchCompile(TorchEager):
    def __init__(self, workload: Workload) -> None:
        self._answer: Any = self._answer_and_compare
        super().__init__(workload)  # the number of threads is chosen on the eager loop: each would be compiled for anew
        self._answer = torch.compile(self._answer_and_compare)

    def make(self) -> nn.Module:
        return ByHand(self.workload, 0) if self.workload.net.positions <= UNROLLED else super().make()

    def set_back(self, seed: int) -> None:
        if isinstance(self.model, ByHand):
            self.model.set_back(seed)
        else:
            super().set_back(seed)

    def loss(self, inputs: Tensor, labels: Tensor) -> Tensor:
        loss: Tensor = self._answer(inputs, labels)
        return loss

    def _answer_and_compare(self, inputs: Tensor, labels: Tensor) -> Tensor:
        return loss_of(self.workload, self.model(inputs), labels)


BUILDERS = {"torch-compile": TorchCompile}
