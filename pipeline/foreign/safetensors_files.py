"""Nets from PyTorch state dicts as safetensors: ``nn.Embedding`` or plain inputs, ``nn.RNN``, ``nn.LSTM`` or ``nn.GRU``, ``nn.Linear``.

The kind of layer is told by its shapes: one, three or four gates. What a state dict does not say (the nonlinearity of ``nn.RNN``, what
stands between the layers and after the last one) is assumed to be PyTorch's default, or nothing, and is said so.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.certification.nets.layered_net import LayeredNet
from pipeline.certification.nets.layers import Layer
from pipeline.foreign.nets import ForeignNet, Reading, Symbols, UnreadableNet, assembled, table_of

KINDS = {1: "tanh", 3: "gru", 4: "lstm"}
Arrays = dict[str, Any]


def read_safetensors(path: Path, reading: Reading) -> ForeignNet:
    """Read a ``.safetensors`` file.

    Raises:
        UnreadableNet: It cannot be read, or a weight is not among those that can be proved; the message names it.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays: Arrays = load_file(path)
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:  # KeyError: a type that NumPy has not, such as bfloat16
        raise UnreadableNet(
            f"{path}: expected a state dict as safetensors, of types that NumPy knows, got {' '.join(str(error).split())[:200]}"
        ) from None
    for name, array in arrays.items():
        if array.dtype != np.float32:
            raise UnreadableNet(f"{path}: {name}: expected float32, got {array.dtype}")
    prefix = _prefix(path, arrays)
    layers = _layers(path, arrays, prefix, reading)
    linear = _readout(path, arrays, layers[-1].units, prefix, reading)
    kernel = np.ascontiguousarray(arrays[f"{linear}.weight"].T)
    bias = arrays.get(f"{linear}.bias", np.zeros(kernel.shape[1], np.float32))
    embedding = _embedding(path, arrays, layers[0].inputs, prefix, linear)
    modules = " and ".join([*([embedding] if embedding else []), prefix.rstrip(".") or "the recurrent layers", linear])
    told = [f"nothing but {modules} stands between symbols and scores, which a state dict does not say"]
    if layers[0].kind == "tanh":
        told.append("the nonlinearity is tanh, nn.RNN's default")
    if embedding:
        table = arrays[f"{embedding}.weight"][: reading.symbols or None]
        if reading.symbols and len(table) < reading.symbols:
            raise UnreadableNet(
                f"{path}: {embedding}.weight: expected at least {reading.symbols} rows, one for each symbol, got {len(table)}"
            )
    else:
        table, more = table_of(path, f"{prefix}weight_ih_l0", layers[0].inputs, reading)
        told += more
    found = assembled(path, "PyTorch", layers, (kernel, bias), table, "none", reading, told)
    replay = _replay(arrays, prefix, linear, found.net)
    return replace(found, replay=replay, unreplayed="") if replay else found


def _prefix(path: Path, arrays: Arrays) -> str:
    found = sorted({name.removesuffix("weight_ih_l0") for name in arrays if name.endswith("weight_ih_l0")})
    if len(found) != 1:
        raise UnreadableNet(f"{path}: expected one recurrent module (weight_ih_l0), got {', '.join(found) or 'none'}")
    for name in arrays:
        if name.startswith(found[0]) and name.endswith("_reverse"):
            raise UnreadableNet(f"{path}: {name}: expected a net that reads one way, got a bidirectional one")
        if name.startswith(f"{found[0]}weight_hr_l"):
            raise UnreadableNet(f"{path}: {name}: expected an LSTM without projection, got one with it")
    return found[0]


def _layers(path: Path, arrays: Arrays, prefix: str, reading: Reading) -> list[Layer]:
    count = 1 + max(int(found[1]) for name in arrays if (found := re.fullmatch(re.escape(prefix) + r"weight_hh_l(\d+)", name)))
    layers = []
    for number in range(count):
        try:
            kernel, recurrent = (arrays[f"{prefix}weight_{part}_l{number}"] for part in ("ih", "hh"))
        except KeyError as error:
            raise UnreadableNet(f"{path}: expected the weight {error.args[0]}, got none") from None
        gates, left = divmod(len(recurrent), recurrent.shape[1])
        if left or gates not in KINDS:
            raise UnreadableNet(
                f"{path}: {prefix}weight_hh_l{number}: expected 1, 3 or 4 times as many rows as columns, got {recurrent.shape}"
            )
        if KINDS[gates] == "tanh" and reading.relu:
            raise UnreadableNet(f"{path}: {prefix}weight_hh_l{number}: expected a layer with tanh, got ReLU, which cannot be proved")
        none = np.zeros(len(recurrent), np.float32)
        biases = [arrays.get(f"{prefix}bias_{part}_l{number}", none) for part in ("ih", "hh")]
        layers.append(_layer(KINDS[gates], kernel, recurrent, *biases))
    return layers


def _layer(kind: Any, kernel: Any, recurrent: Any, bias: Any, more: Any) -> Layer:
    """Bring PyTorch's order of gates (GRU: r, z, n; LSTM: i, f, g, o) into Keras's (GRU: z, r, n)."""
    columns = np.arange(len(kernel))
    if kind == "gru":
        reset, update, new = np.split(columns, 3)
        columns = np.concatenate([update, reset, new])
    weights = [np.ascontiguousarray(part[..., columns]) for part in (kernel.T, recurrent.T, bias, more)]
    return Layer(kind, weights[0], weights[1], weights[2], weights[3], "after" if kind == "gru" else None)


def _readout(path: Path, arrays: Arrays, units: int, prefix: str, reading: Reading) -> str:
    """Name the linear layer: that which reads the units of the last recurrent one."""
    modules = {
        name.removesuffix(".weight"): array
        for name, array in arrays.items()
        if name.endswith(".weight") and not name.startswith(f"{prefix}weight_")
    }
    for name, array in modules.items():
        if array.ndim == 1:
            raise UnreadableNet(
                f"{path}: {name}: expected recurrent and linear layers, got what looks like a normalisation, which cannot be proved"
            )
    fitting = [name for name, array in modules.items() if array.ndim == 2 and array.shape[1] == units]
    biased = [name for name in fitting if f"{name}.bias" in arrays]
    if reading.readout is not None:
        if reading.readout not in fitting:
            raise UnreadableNet(
                f"--readout: expected a linear layer of {units} inputs ({', '.join(fitting) or 'there is none'}), got '{reading.readout}'"
            )
        return reading.readout
    chosen = biased if len(biased) == 1 else fitting
    if len(chosen) != 1:
        raise UnreadableNet(
            f"{path}: expected one linear layer of {units} inputs, got {', '.join(sorted(chosen)) or 'none'}; name it with --readout"
        )
    return chosen[0]


def _embedding(path: Path, arrays: Arrays, inputs: int, prefix: str, linear: str) -> str | None:
    """Name the embedding: a matrix without bias as wide as the first layer's inputs. What is left over then is not known here."""
    rest = [name for name in arrays if not name.startswith(prefix or "weight_") and not name.startswith(f"{linear}.")]
    rest = [name for name in rest if not re.fullmatch(re.escape(prefix) + r"(weight|bias)_(ih|hh)_l\d+", name)]
    if not rest:
        return None
    name = rest[0].removesuffix(".weight")
    if len(rest) == 1 and rest[0].endswith(".weight") and arrays[rest[0]].ndim == 2 and arrays[rest[0]].shape[1] == inputs:
        return name
    raise UnreadableNet(
        f"{path}: {rest[0]}: expected an embedding, one recurrent module and one linear layer, got this one too, which cannot be proved"
    )


def _replay(arrays: Arrays, prefix: str, linear: str, net: LayeredNet) -> Any:
    try:
        import torch
    except ImportError:
        return None
    first = net.layers[0]
    kind = {"tanh": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[first.kind]
    biased = f"{prefix}bias_ih_l0" in arrays
    recurrent = kind(first.inputs, first.units, len(net.layers), bias=biased, batch_first=True)
    own = {
        name.removeprefix(prefix): torch.from_numpy(array)
        for name, array in arrays.items()
        if re.fullmatch(re.escape(prefix) + r"(weight|bias)_(ih|hh)_l\d+", name)
    }
    recurrent.load_state_dict(own)
    weight, bias = (torch.from_numpy(arrays[f"{linear}.{part}"]) if f"{linear}.{part}" in arrays else None for part in ("weight", "bias"))
    table = np.eye(net.symbols, dtype=np.float32) if net.table is None else net.table

    def replay(inputs: Symbols) -> Any:
        with torch.no_grad():
            return torch.nn.functional.linear(recurrent(torch.from_numpy(table[inputs]))[0][:, -1], weight, bias).numpy()

    return replay
