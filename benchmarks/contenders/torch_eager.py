"""PyTorch as one writes it: ``nn.RNN`` or ``nn.LSTM``, an optimizer of ``torch.optim``, an eager loop, one seed after another.

On a CPU it runs on all cores or on one, whichever is faster: steps this small can lose more to threads than they gain.
"""

import os
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


class TorchEager:
    packages = ("torch",)

    def __init__(self, workload: Workload) -> None:
        torch.manual_seed(0)
        self.workload = workload
        self._on = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.features = torch.from_numpy(workload.features).to(self._on)
        self.labels = torch.from_numpy(workload.labels).long().to(self._on)
        self.model = (EncoderDecoder if workload.params.name == "seq2seq" else Causal)(workload).to(self._on)
        for name, parameter in self.model.named_parameters():
            # cuDNN's layout has two biases that are only ever added up; the second stays at zero.
            parameter.requires_grad_("bias_hh" not in name)
        self.parameters = sum(p.numel() for p in self.model.parameters() if p.requires_grad)
        self.device = "gpu" if self._on.type == "cuda" else f"cpu, threads: {self._best_threads()}"

    def train(self) -> float:
        seconds = 0.0
        for seed in range(self.workload.seeds):
            self._reset(seed)
            batches = torch.from_numpy(self.workload.batches(seed, in_order=False)).to(self._on)
            start = perf_counter()
            self._loop(batches)
            seconds += perf_counter() - start
        return seconds

    def losses(self) -> list[float]:
        self._reset(0)
        losses = self._loop(torch.from_numpy(self.workload.batches(0, in_order=True)).to(self._on))
        return np.reshape(losses, (-1, self.workload.chunk)).mean(axis=1).tolist()

    def _best_threads(self) -> int:
        """Try all cores and one on a few steps, and stay with the faster."""
        batches = torch.from_numpy(self.workload.batches(0, in_order=True)[:TRIAL])

        def seconds(threads: int) -> float:
            torch.set_num_threads(threads)
            self._loop(batches)
            start = perf_counter()
            self._loop(batches)
            return perf_counter() - start

        best = min(os.cpu_count() or 1, 1, key=seconds)
        torch.set_num_threads(best)
        return best

    def _loop(self, batches: Tensor) -> list[float]:
        recipe = self.workload.recipe
        parameters = [p for p in self.model.parameters() if p.requires_grad]
        if recipe.optimizer == "adagrad":
            optimizer: torch.optim.Optimizer = torch.optim.Adagrad(parameters, recipe.learning_rate, initial_accumulator_value=0.1)
        else:
            optimizer = torch.optim.Adam(parameters, recipe.learning_rate)
        reduction = "sum" if recipe.loss == "summed_cross_entropy" else "mean"
        losses = []
        for batch in batches:
            logits = self.model(self.features[batch])
            loss = cross_entropy(logits.flatten(0, -2), self.labels[batch].flatten(), reduction=reduction)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        return torch.stack(losses).tolist()

    def _reset(self, seed: int) -> None:
        weights, own = self.workload.initial(seed), dict(self.model.named_parameters())
        with torch.no_grad():
            for layer in self.workload.net.layers:
                at = f"{layer.name}/"
                names = {"kernel": "weight_ih_l0", "recurrent_kernel": "weight_hh_l0", "bias": "bias_ih_l0", "projection": "weight_hr_l0"}
                for name in layer.shapes:
                    own[f"{layer.name}.{names[name]}"].copy_(torch.from_numpy(weights[at + name].T))
                own[f"{layer.name}.bias_hh_l0"].zero_()
            if self.workload.net.readout is not None:
                own["readout.weight"].copy_(torch.from_numpy(weights["readout/kernel"].T))
                own["readout.bias"].copy_(torch.from_numpy(weights["readout/bias"]))


BUILDERS = {"torch": TorchEager}
