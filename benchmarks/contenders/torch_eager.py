"""PyTorch as one writes it: ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM``, an optimizer of ``torch.optim``, an eager loop, one seed after another.

On a CPU it runs on all cores or on one, whichever is faster: steps this small can lose more to threads than they gain.
"""

import os
from collections.abc import Callable
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.workloads import Workload

# Steps on which a number of threads is tried.
TRIAL = 20


class Causal(nn.Module):
    """One recurrent layer, and a readout at every position or at the last one: ``[B, T, D]`` to ``[B, T, C]`` or ``[B, C]``."""

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        net, layer = workload.net, workload.net.layers[0]
        if layer.gates == 1:
            self.recurrent: nn.RNNBase = nn.RNN(layer.inputs, layer.units, batch_first=True)
        elif layer.gates == 3:
            self.recurrent = nn.GRU(layer.inputs, layer.units, batch_first=True)
        else:
            self.recurrent = nn.LSTM(layer.inputs, layer.units, batch_first=True, proj_size=layer.projection or 0)
        self.readout = nn.Identity() if net.readout is None else nn.Linear(layer.fed_back, net.readout)
        self.last_only = net.answers == 1

    def forward(self, inputs: Tensor) -> Tensor:
        hidden, _ = self.recurrent(inputs)
        return self.readout(hidden[:, -1] if self.last_only else hidden)


class EncoderDecoder(nn.Module):
    """The encoder's last output, at every position of a decoder. The gates are sigmoids: ``nn.LSTM`` has no others."""

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        net, params = workload.net, workload.params
        self.encoder, self.decoder = (nn.LSTM(layer.inputs, layer.units, batch_first=True) for layer in net.layers)
        self.readout = nn.Linear(net.layers[-1].fed_back, net.readout or 0)
        self.summary_dropout, self.logits_dropout = nn.Dropout(params.dropout_summary), nn.Dropout(params.dropout_logits)

    def forward(self, inputs: Tensor) -> Tensor:
        summary = self.summary_dropout(self.encoder(inputs)[0][:, -1])
        repeated = summary[:, None].expand(-1, inputs.shape[1], -1)
        return self.logits_dropout(self.readout(self.decoder(repeated)[0]))


def optimizer_of(workload: Workload, parameters: list[Tensor]) -> torch.optim.Optimizer:
    """Make the recipe's optimizer."""
    recipe = workload.recipe
    if recipe.optimizer == "adagrad":
        return torch.optim.Adagrad(parameters, recipe.learning_rate, initial_accumulator_value=0.1)
    return {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[recipe.optimizer](parameters, recipe.learning_rate)


def loss_of(workload: Workload, logits: Tensor, labels: Tensor) -> Tensor:
    """Compare logits ``[B, T, C]`` or ``[B, C]`` with labels, as the recipe says."""
    reduction = "sum" if workload.recipe.loss == "summed_cross_entropy" else "mean"
    return cross_entropy(logits.flatten(0, -2), labels.flatten(), reduction=reduction)


def fastest(run: Callable[[], object]) -> int:
    """Try all cores and one, and stay with the faster."""

    def seconds(threads: int) -> float:
        torch.set_num_threads(threads)
        run()
        start = perf_counter()
        run()
        return perf_counter() - start

    best = min(os.cpu_count() or 1, 1, key=seconds)
    torch.set_num_threads(best)
    return best


class TorchEager:
    packages = ("torch",)

    def __init__(self, workload: Workload) -> None:
        torch.manual_seed(0)
        self.workload = workload
        self._on = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.features = torch.from_numpy(workload.features).to(self._on)
        self.labels = torch.from_numpy(workload.labels).long().to(self._on)
        self.model, idle = self.make().to(self._on), 0
        for name, parameter in self.model.named_parameters():
            # cuDNN's layout has two biases that are only ever added up, and the second stays at zero; but for a GRU's candidate.
            if "bias_hh" in name and workload.params.name == "gru":
                parameter.register_hook(_of_candidate)
                idle += len(parameter) * 2 // 3
            else:
                parameter.requires_grad_("bias_hh" not in name)
        trial = torch.from_numpy(workload.batches(0, in_order=True)[:TRIAL])
        self.parameters = sum(p.numel() for p in self.model.parameters() if p.requires_grad) - idle
        self.device = "gpu" if self._on.type == "cuda" else f"cpu, threads: {fastest(lambda: self._loop(trial))}"

    def train(self) -> float:
        seconds = 0.0
        for seed in range(self.workload.seeds):
            self.set_back(seed)
            batches = torch.from_numpy(self.workload.batches(seed, in_order=False)).to(self._on)
            start = perf_counter()
            self._loop(batches)
            seconds += perf_counter() - start
        return seconds

    def losses(self) -> list[float]:
        self.set_back(0)
        losses = self._loop(torch.from_numpy(self.workload.batches(0, in_order=True)).to(self._on))
        return np.reshape(losses, (-1, self.workload.chunk)).mean(axis=1).tolist()

    def _loop(self, batches: Tensor) -> list[float]:
        workload, clip = self.workload, self.workload.recipe.clip_value
        parameters = [p for p in self.model.parameters() if p.requires_grad]
        optimizer, losses = optimizer_of(workload, parameters), []
        for batch in batches:
            loss = self.loss(self.features[batch], self.labels[batch])
            optimizer.zero_grad()
            loss.backward()
            if clip is not None:
                nn.utils.clip_grad_value_(parameters, clip)
            optimizer.step()
            losses.append(loss.detach())
        return torch.stack(losses).tolist()

    def make(self) -> nn.Module:
        """Build one net, from any weights."""
        return (EncoderDecoder if self.workload.params.name == "seq2seq" else Causal)(self.workload)

    def loss(self, inputs: Tensor, labels: Tensor) -> Tensor:
        """Answer a batch and compare."""
        return loss_of(self.workload, self.model(inputs), labels)

    def set_back(self, seed: int) -> None:
        """Set the net to a seed's initial weights."""
        weights, own = self.workload.initial(seed), dict(self.model.named_parameters())
        with torch.no_grad():
            for layer in self.workload.net.layers:
                at = f"{layer.name}/"
                names = {"kernel": "weight_ih_l0", "recurrent_kernel": "weight_hh_l0", "bias": "bias_ih_l0", "projection": "weight_hr_l0"}
                own[f"{layer.name}.bias_hh_l0"].zero_()
                for name in layer.shapes:
                    values = weights[at + name].T
                    if name == "candidate_bias":
                        own[f"{layer.name}.bias_hh_l0"][-layer.units :].copy_(torch.from_numpy(values))
                    else:
                        of_torch = own[f"{layer.name}.{names[name]}"]
                        of_torch.copy_(torch.from_numpy(_reset_first(values) if layer.gates == 3 else values))
            if self.workload.net.readout is not None:
                own["readout.weight"].copy_(torch.from_numpy(weights["readout/kernel"].T))
                own["readout.bias"].copy_(torch.from_numpy(weights["readout/bias"]))


def _of_candidate(gradient: Tensor) -> Tensor:
    """Leave of the gradient of a GRU's second bias, ``[3 H]``, the candidate's part."""
    units = len(gradient) // 3
    return torch.cat([torch.zeros(2 * units, device=gradient.device), gradient[2 * units :]])


def _reset_first(values: np.ndarray) -> np.ndarray:
    """Put the reset gate before the update gate, as PyTorch has them: ``[3 H, …]``."""
    update, reset, candidate = np.split(values, 3)
    return np.concatenate([reset, update, candidate])


BUILDERS = {"torch": TorchEager}
