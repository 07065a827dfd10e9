"""Nets of layers as files of other frameworks: ``.keras`` with plain Keras layers, a PyTorch state dict as ``.safetensors``, and ONNX."""

from pathlib import Path
from typing import Any

import numpy as np

from pipeline.certification.nets.layered_net import LayeredNet
from pipeline.certification.nets.layers import Layer
from pipeline.foreign.ours import NotExportable

KERAS = {"tanh": "SimpleRNN", "lstm": "LSTM", "gru": "GRU"}
ONNX = {"tanh": "RNN", "lstm": "LSTM", "gru": "GRU"}
ENDINGS = (".keras", ".safetensors", ".onnx")


def write(net: LayeredNet, path: Path) -> None:
    """Write a net by the ending of the file.

    Inputs are symbols where the net has embedded ones, numbers ``[batch, time, 1]`` where it is fed numbers, else one-hot rows
    ``[batch, time, symbols]``; outputs are logits ``[batch, time, outputs]``.

    Raises:
        NotExportable: The framework has no such layers.
    """
    {".keras": _write_keras, ".safetensors": _write_safetensors, ".onnx": _write_onnx}[path.suffix](net, path)


def _embeds(net: LayeredNet) -> bool:
    return net.table is not None and net.layers[0].inputs > 1


def _write_keras(net: LayeredNet, path: Path) -> None:
    import pipeline.layers  # noqa: F401  # loads Keras without what its backend writes to stderr

    import keras  # isort: skip

    first = net.layers[0].inputs
    layers: list[Any] = [keras.Input((None,), dtype="int32") if _embeds(net) else keras.Input((None, first))]
    if _embeds(net):
        layers.append(keras.layers.Embedding(net.symbols, first))
    for layer in net.layers:
        more = {} if layer.kind != "gru" else {"reset_after": layer.reset == "after"}
        layers.append(getattr(keras.layers, KERAS[layer.kind])(layer.units, return_sequences=True, **more))
    model = keras.Sequential([*layers, keras.layers.Dense(net.outputs)])
    weights: list[Any] = [net.table] if _embeds(net) else []
    for layer in net.layers:
        weights += [layer.kernel, layer.recurrent, _keras_bias(layer)]
    model.set_weights([*weights, net.readout, net.offset])
    model.save(path)


def _keras_bias(layer: Layer) -> Any:
    """Return Keras's one bias, both added and rounded, or a GRU's two."""
    if layer.reset == "after":
        return np.stack([layer.bias, layer.recurrent_bias])
    return layer.bias + layer.recurrent_bias


def _write_safetensors(net: LayeredNet, path: Path) -> None:
    from safetensors.numpy import save_file

    kinds = {(layer.kind, layer.units) for layer in net.layers}
    if len(kinds) > 1:
        got = ", ".join(f"{kind} of {units}" for kind, units in sorted(kinds))
        raise NotExportable(f"{path.suffix}: expected layers of one kind and size for PyTorch, got {got}")
    if net.layers[0].reset == "before":
        raise NotExportable(f"{path.suffix}: expected a GRU whose reset gate acts after the product for PyTorch, got one before it")
    arrays = {"readout.weight": net.readout.T, "readout.bias": net.offset}
    if _embeds(net):
        arrays["embedding.weight"] = net.table  # type: ignore[assignment]
    for number, layer in enumerate(net.layers):
        columns = np.arange(len(layer.bias))
        if layer.kind == "gru":  # Keras: z, r, n; PyTorch: r, z, n
            update, reset, new = np.split(columns, 3)
            columns = np.concatenate([reset, update, new])
        parts = {"weight_ih": layer.kernel.T, "weight_hh": layer.recurrent.T, "bias_ih": layer.bias, "bias_hh": layer.recurrent_bias}
        arrays |= {f"rnn.{name}_l{number}": part[columns] for name, part in parts.items()}
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)


def _write_onnx(net: LayeredNet, path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes: list[Any] = []
    held: dict[str, Any] = {"axis": np.array([1], np.int64), "readout_kernel": net.readout, "readout_bias": net.offset}
    at = "inputs"
    if _embeds(net):
        held["embedding"] = net.table
        nodes.append(helper.make_node("Gather", ["embedding", at], ["embedded"], "embed"))
        at = "embedded"
    nodes.append(helper.make_node("Transpose", [at], ["time_first"], "time_first", perm=[1, 0, 2]))
    at = "time_first"
    for number, layer in enumerate(net.layers):
        order = np.arange(len(layer.bias)).reshape(len(layer.bias) // layer.units, -1)
        columns = (order[[0, 3, 1, 2]] if layer.kind == "lstm" else order).reshape(-1)  # ONNX: i, o, f, c
        held |= {
            f"W{number}": layer.kernel.T[columns][None], f"R{number}": layer.recurrent.T[columns][None],
            f"B{number}": np.concatenate([layer.bias[columns], layer.recurrent_bias[columns]])[None],
        }  # fmt: skip
        more = {} if layer.kind != "gru" else {"linear_before_reset": int(layer.reset == "after")}
        names = [f"{part}{number}" for part in "WRB"]
        nodes.append(helper.make_node(ONNX[layer.kind], [at, *names], [f"Y{number}"], f"layer_{number}", hidden_size=layer.units, **more))
        nodes.append(helper.make_node("Squeeze", [f"Y{number}", "axis"], [f"h{number}"], f"one_way_{number}"))
        at = f"h{number}"
    nodes.append(helper.make_node("Transpose", [at], ["batch_first"], "batch_first", perm=[1, 0, 2]))
    nodes.append(helper.make_node("MatMul", ["batch_first", "readout_kernel"], ["weighted"], "readout"))
    nodes.append(helper.make_node("Add", ["weighted", "readout_bias"], ["logits"], "readout_bias"))
    fed = (TensorProto.INT64, ["batch", "time"]) if _embeds(net) else (TensorProto.FLOAT, ["batch", "time", net.layers[0].inputs])
    given = helper.make_tensor_value_info("inputs", *fed)
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "time", net.outputs])
    tensors = [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in held.items()]
    graph = helper.make_graph(nodes, "net", [given], [logits], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
