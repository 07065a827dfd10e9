"""PyTorch with ``torch.func``: all seeds in one step, by ``vmap`` over ``grad_and_value`` of ``functional_call``.

``nn.RNN``, ``nn.GRU`` and ``nn.LSTM`` have no rule for ``vmap``, so their cells are written by hand (``torch_cells``).
"""

from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, grad_and_value, stack_module_state, vmap

from benchmarks.contenders.torch_cells import ByHand
from benchmarks.contenders.torch_eager import TRIAL, fastest, loss_of, optimizer_of
from benchmarks.workloads import Workload


class TorchVmap:
    packages = ("torch",)

    def __init__(self, workload: Workload) -> None:
        torch.manual_seed(0)
        self.workload = workload
        self._on = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.features = torch.from_numpy(workload.features).to(self._on)
        self.labels = torch.from_numpy(workload.labels).long().to(self._on)
        nets = [ByHand(workload, seed).to(self._on) for seed in range(workload.seeds)]
        self._net, self._initial = nets[0], stack_module_state(nets)[0]
        self._step: Any = vmap(grad_and_value(self._loss), randomness="different")
        self.parameters = sum(p.numel() for p in nets[0].parameters())
        trial = self._batches(in_order=True)[:TRIAL]
        self.device = "gpu" if self._on.type == "cuda" else f"cpu, threads: {fastest(lambda: self._loop(trial))}"

    def train(self) -> float:
        batches = self._batches(in_order=False)
        start = perf_counter()
        self._loop(batches)
        return perf_counter() - start

    def losses(self) -> list[float]:
        losses = self._loop(self._batches(in_order=True))
        return losses[:, 0].reshape(-1, self.workload.chunk).mean(dim=1).tolist()

    def _batches(self, in_order: bool) -> Tensor:
        """Return the examples of every step: ``[steps, S, B]``."""
        of_seeds = [self.workload.batches(seed, in_order) for seed in range(self.workload.seeds)]
        return torch.from_numpy(np.stack(of_seeds, axis=1)).to(self._on)

    def _loop(self, batches: Tensor) -> Tensor:
        """Train from the initial weights; return the losses ``[steps, S]``."""
        weights = {name: values.detach().clone() for name, values in self._initial.items()}
        optimizer, clip, losses = optimizer_of(self.workload, list(weights.values())), self.workload.recipe.clip_value, []
        for batch in batches:
            gradients, loss = self._step(weights, self.features[batch], self.labels[batch])
            for name, values in weights.items():
                values.grad = gradients[name] if clip is None else gradients[name].clamp(-clip, clip)
            optimizer.step()
            losses.append(loss)
        return torch.stack(losses)

    def _loss(self, weights: dict[str, Tensor], inputs: Tensor, labels: Tensor) -> Tensor:
        return loss_of(self.workload, functional_call(self._net, weights, (inputs,)), labels)


BUILDERS = {"torch-vmap": TorchVmap}
