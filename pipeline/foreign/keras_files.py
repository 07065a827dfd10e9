"""Nets from Keras 3 files: an embedding or plain inputs, SimpleRNN, LSTM or GRU layers, and a Dense layer."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.certification.nets.layers import Layer
from pipeline.foreign.nets import Final, ForeignNet, Reading, Symbols, UnreadableNet, assembled, table_of

KINDS = {"SimpleRNN": "tanh", "LSTM": "lstm", "GRU": "gru"}
# Layers that do nothing once a net is trained.
IDLE = {"InputLayer", "Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout", "ActivityRegularization", "Identity"}


def read_keras(path: Path, reading: Reading) -> ForeignNet:
    """Read a ``.keras`` file. Code that a file may carry (Lambda layers) is not run.

    Raises:
        UnreadableNet: It cannot be loaded, or a layer is not among those that can be proved; the message names it.
    """
    import pipeline.layers  # noqa: F401  # loads Keras without what its backend writes to stderr

    import keras  # isort: skip

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises many kinds
        raise UnreadableNet(f"{path}: expected a Keras 3 file, got {' '.join(str(error).split())[:200]}") from None
    layers = [layer for layer in model.layers if type(layer).__name__ not in IDLE]
    final, layers = _final(path, layers)
    if len(layers) < 2 or type(layers[-1]).__name__ not in ("Dense", "TimeDistributed"):
        raise UnreadableNet(f"{path}: expected recurrent layers and then one Dense layer, got {_named(layers) or 'none'}")
    table: Any = None
    told: tuple[str, ...] = ()
    embedded = type(layers[0]).__name__ == "Embedding"
    if embedded:
        table, told = _embedding(path, layers[0], reading)
    recurrent = [_layer(path, layer) for layer in layers[embedded:-1]]
    if not recurrent:
        raise UnreadableNet(f"{path}: expected a SimpleRNN, LSTM or GRU before the Dense layer, got none")
    if not embedded:
        table, told = table_of(path, f"layer '{layers[0].name}'", recurrent[0].inputs, reading)
    length = model.input_shape[1]
    if length is not None:
        told += (f"the file takes inputs of {length} symbols only; what is said is said of its layers at any length",)
        model = _of_any_length(model)
    found = assembled(path, "Keras", recurrent, _dense(path, layers[-1]), table, final, reading, told)
    return replace(found, replay=_replay(model, found.net.symbols, table, embedded), unreplayed="")


def _replay(model: Any, symbols: int, table: Any, embedded: bool) -> Any:
    def replay(inputs: Symbols) -> Any:
        fed = inputs.astype(np.int32) if embedded else (np.eye(symbols, dtype=np.float32) if table is None else table)[inputs]
        scores = np.asarray(model(fed, training=False))
        return scores[:, -1] if scores.ndim == 3 else scores

    return replay


def _of_any_length(model: Any) -> Any:
    import keras

    given = keras.Input((None, *model.input_shape[2:]), dtype=model.inputs[0].dtype)
    again = keras.models.clone_model(model, input_tensors=given)
    again.set_weights(model.get_weights())
    return again


def _final(path: Path, layers: list[Any]) -> tuple[Final, list[Any]]:
    """Return what comes after the sums of the Dense layer, and the layers up to it."""
    last: Any = layers[-1] if layers else None
    if type(last).__name__ == "Softmax":
        return "softmax", layers[:-1]
    if type(last).__name__ == "Activation":
        return _activation(path, last), layers[:-1]
    inner = last.layer if type(last).__name__ == "TimeDistributed" else last
    return (_activation(path, inner) if type(inner).__name__ == "Dense" else "none"), layers


def _activation(path: Path, layer: Any) -> Final:
    name = layer.activation.__name__
    found: dict[str, Final] = {"linear": "none", "softmax": "softmax", "sigmoid": "sigmoid"}
    if name not in found:
        raise UnreadableNet(f"{path}: layer '{layer.name}': expected softmax, sigmoid or no activation, got {name}")
    return found[name]


def _embedding(path: Path, layer: Any, reading: Reading) -> tuple[Any, tuple[str, ...]]:
    _require_float32(path, layer)
    table = np.asarray(layer.embeddings, np.float32)
    if layer.mask_zero:
        raise UnreadableNet(f"{path}: layer '{layer.name}': expected an Embedding without mask_zero, got one that leaves symbols out")
    symbols = reading.symbols or len(table)
    if len(table) < symbols:
        raise UnreadableNet(f"{path}: layer '{layer.name}': expected an Embedding of at least {symbols} symbols, got {len(table)}")
    more = (f"of its {len(table)} embedded symbols the first {symbols} are those of the machine",) if len(table) > symbols else ()
    return table[:symbols], more


def _layer(path: Path, layer: Any) -> Layer:
    kind = type(layer).__name__
    where = f"{path}: layer '{layer.name}'"
    if kind not in KINDS:
        raise UnreadableNet(f"{where}: expected SimpleRNN, LSTM or GRU, got {kind}, which cannot be proved")
    _require_float32(path, layer)
    for name in ("go_backwards", "stateful"):
        if getattr(layer, name):
            raise UnreadableNet(f"{where}: expected {name}=False, got True")
    if layer.activation.__name__ != "tanh":
        raise UnreadableNet(f"{where}: expected the activation tanh, got {layer.activation.__name__}")
    if kind != "SimpleRNN" and layer.recurrent_activation.__name__ != "sigmoid":
        raise UnreadableNet(f"{where}: expected the recurrent activation sigmoid, got {layer.recurrent_activation.__name__}")
    kernel, recurrent, *rest = (np.asarray(weight, np.float32) for weight in layer.get_weights())
    bias = rest[0] if rest else np.zeros(kernel.shape[1], np.float32)
    more = np.zeros(kernel.shape[1], np.float32)
    if bias.ndim == 2:  # a GRU whose reset gate acts after the product has one for each of the two sums
        bias, more = bias
    reset = None if kind != "GRU" else "after" if layer.reset_after else "before"
    return Layer(KINDS[kind], kernel, recurrent, bias, more, reset)  # type: ignore[arg-type]


def _dense(path: Path, layer: Any) -> tuple[Any, Any]:
    inner = layer.layer if type(layer).__name__ == "TimeDistributed" else layer
    if type(inner).__name__ != "Dense":
        raise UnreadableNet(f"{path}: layer '{inner.name}': expected a Dense layer, got {type(inner).__name__}")
    _require_float32(path, inner)
    kernel = np.asarray(inner.kernel, np.float32)
    return kernel, np.asarray(inner.bias, np.float32) if inner.use_bias else np.zeros(kernel.shape[1], np.float32)


def _require_float32(path: Path, layer: Any) -> None:
    if getattr(layer, "quantization_mode", None):
        raise UnreadableNet(f"{path}: layer '{layer.name}': expected float32, got weights that are quantized to {layer.quantization_mode}")
    if layer.compute_dtype != "float32" or layer.variable_dtype != "float32":
        raise UnreadableNet(f"{path}: layer '{layer.name}': expected float32, got {layer.compute_dtype}")


def _named(layers: list[Any]) -> str:
    return ", ".join(f"'{layer.name}' ({type(layer).__name__})" for layer in layers)
