"""The nets in PyTorch with cells written by hand, for what cannot look into ``nn.LSTM`` and its like, on weights as the engine has them."""

import torch
from torch import Tensor, nn

from benchmarks.nets import Recurrent
from benchmarks.workloads import Workload


class ByHand(nn.Module):
    """The workload's net, one seed's: ``[B, T, D]`` to ``[B, T, C]`` or ``[B, C]``."""

    def __init__(self, workload: Workload, seed: int) -> None:
        super().__init__()
        self.workload = workload
        weights = {path.replace("/", "-"): torch.from_numpy(values) for path, values in workload.initial(seed).items()}
        self.weights = nn.ParameterDict(weights)

    def forward(self, inputs: Tensor) -> Tensor:
        net, params = self.workload.net, self.workload.params
        if params.name == "seq2seq":
            summary = nn.functional.dropout(self._run(net.layers[0], list(inputs.unbind(1)))[-1], params.dropout_summary)
            hidden = torch.stack(self._run(net.layers[1], [summary] * net.positions), 1)
            return nn.functional.dropout(self._read(hidden), params.dropout_logits)
        outputs = self._run(net.layers[0], list(inputs.unbind(1)))
        return self._read(outputs[-1] if net.answers == 1 else torch.stack(outputs, 1))

    def _read(self, hidden: Tensor) -> Tensor:
        if self.workload.net.readout is None:
            return hidden
        return hidden @ self.weights["readout-kernel"] + self.weights["readout-bias"]

    def _run(self, layer: Recurrent, inputs: list[Tensor]) -> list[Tensor]:
        """Run a layer over ``[B, D]`` at each position; return ``[B, P]`` at each."""
        own = {name: self.weights[f"{layer.name}-{name}"] for name in layer.shapes}
        hidden = inputs[0].new_zeros(inputs[0].shape[0], layer.fed_back)
        cell, outputs = inputs[0].new_zeros(inputs[0].shape[0], layer.units), []
        for values in inputs:
            ahead, back = values @ own["kernel"] + own["bias"], hidden @ own["recurrent_kernel"]
            if layer.gates == 1:
                hidden = torch.tanh(ahead + back)
            elif layer.gates == 3:
                (update, reset, candidate), (update_2, reset_2, candidate_2) = ahead.chunk(3, -1), back.chunk(3, -1)
                update, reset = torch.sigmoid(update + update_2), torch.sigmoid(reset + reset_2)
                hidden = update * hidden + (1 - update) * torch.tanh(candidate + reset * (candidate_2 + own["candidate_bias"]))
            else:
                into, forget, candidate, out = (ahead + back).chunk(4, -1)
                cell = self._gate(forget) * cell + self._gate(into) * torch.tanh(candidate)
                hidden = self._gate(out) * torch.tanh(cell)
                if layer.projection is not None:
                    hidden = hidden @ own["projection"]
            outputs.append(hidden)
        return outputs

    def _gate(self, values: Tensor) -> Tensor:
        if getattr(self.workload.params, "gates", "sigmoid") == "hard_sigmoid":
            return torch.clamp(0.2 * values + 0.5, 0.0, 1.0)
        return torch.sigmoid(values)

    def set_back(self, seed: int) -> None:
        """Set all weights to a seed's initial ones."""
        with torch.no_grad():
            for path, values in self.workload.initial(seed).items():
                self.weights[path.replace("/", "-")].copy_(torch.from_numpy(values))
