"""Make the files in this folder: nets of PyTorch as state dicts and as ONNX, and what PyTorch answers.

Run with PyTorch, safetensors, onnx and onnxscript installed, which the tests do not need: python tests/exported/make.py
"""

from pathlib import Path

import numpy as np
import onnx
import torch
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).parent
INPUTS = torch.from_numpy(np.random.default_rng(0).integers(2, size=(6, 9)))


class Net(nn.Module):
    """Symbols, embedded or one-hot, a recurrent module, and a linear layer, at every position or after the last one."""

    def __init__(self, kind, units, layers=1, embedded=None, outputs=2, last=False):
        super().__init__()
        self.embedding = nn.Embedding(2, embedded) if embedded else None
        self.rnn = getattr(nn, kind)(embedded or 2, units, layers, batch_first=True)
        self.head = nn.Linear(units, outputs)
        self.last = last

    def forward(self, inputs):
        fed = inputs if self.embedding is None else self.embedding(inputs)
        hidden = self.rnn(fed)[0]
        return self.head(hidden[:, -1] if self.last else hidden)


def parity(seed=1, units=8, noise=0.3, penalty=0.0003, steps=2500):
    """Train a GRU on the running parity of twelve bits with noise on its state; the net that is saved has none."""
    torch.manual_seed(seed)
    net = Net("GRU", units)
    cell = nn.GRUCell(2, units)
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        setattr(cell, name, getattr(net.rnn, f"{name}_l0"))
    parameters = [*cell.parameters(), *net.head.parameters()]
    optimizer = torch.optim.Adam(parameters, 0.01)
    for _ in range(steps):
        bits = torch.randint(2, (64, 12))
        fed, hidden, logits = nn.functional.one_hot(bits, 2).float(), torch.zeros(64, units), []
        for position in range(12):
            hidden = cell(fed[:, position], hidden)
            hidden = hidden + noise * torch.randn_like(hidden)
            logits.append(net.head(hidden))
        wrong = nn.functional.cross_entropy(torch.stack(logits, 1).flatten(0, 1), (bits.cumsum(1) % 2).flatten())
        loss = wrong + penalty * cell.weight_hh.abs().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"parity: cross-entropy {wrong.item():.3g}")
    return net


def main():
    torch.manual_seed(0)
    nets = {
        "rnn": Net("RNN", 5),
        "lstm-stacked-embedded": Net("LSTM", 4, layers=2, embedded=3),
        "gru-last": Net("GRU", 5, outputs=1, last=True),
        "gru-parity": parity(),
    }
    answers = {"inputs": INPUTS.numpy()}
    for name, net in nets.items():
        net.eval()
        fed = INPUTS if net.embedding else nn.functional.one_hot(INPUTS, 2).float()
        with torch.no_grad():
            answers[name] = net(fed).numpy()
        save_file({key: value.contiguous() for key, value in net.state_dict().items()}, HERE / f"{name}.safetensors")
        names = {"inputs": {0: "batch", 1: "time"}, "logits": {0: "batch", 1: "time"} if not net.last else {0: "batch"}}
        told = {"input_names": ["inputs"], "output_names": ["logits"]}
        shapes = {"inputs": {0: torch.export.Dim("batch"), 1: torch.export.Dim("time")}}
        dynamo = HERE / f"{name}-dynamo.onnx"
        torch.onnx.export(net, (fed,), str(dynamo), dynamic_shapes=shapes, external_data=False, **told)
        forget_places(dynamo)
        torch.onnx.export(net, (fed,), str(HERE / f"{name}.onnx"), dynamic_axes=names, opset_version=17, dynamo=False, **told)
    np.savez(HERE / "answers.npz", **answers)


def forget_places(path: Path) -> None:
    """Leave out the lines of source, with their folders on this machine, that the exporter notes at each node."""
    model = onnx.load(str(path))
    for node in [*model.graph.node, *(node for function in model.functions for node in function.node)]:
        del node.metadata_props[:]
        node.ClearField("doc_string")
    onnx.save(model, str(path))


if __name__ == "__main__":
    main()
