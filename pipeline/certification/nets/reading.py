"""Which net is it? Weights and model parameters to something that the prover can push."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from pipeline.certification.nets.base import Net, NotCertifiable
from pipeline.certification.nets.gru_net import GRUNet
from pipeline.certification.nets.lstm_net import LSTMNet
from pipeline.certification.nets.tanh_net import PATHS, TanhNet

__all__ = ["Net", "NotCertifiable", "read"]


def read(model: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], symbols: int) -> Net:
    """Take one net's weights by Keras variable path, as ``checkpoints.load`` gives them.

    Args:
        model: The model's parameters, ``name`` among them: an experiment's ``model.model_dump()``.
        weights: The weights.
        symbols: The size of the input alphabet.

    Raises:
        NotCertifiable: The prover does not speak about such a net, or the weights are not those of one.
    """
    name = model["name"]
    if name not in ("simple_rnn", "lstm", "gru"):
        raise NotCertifiable(f"model.name: expected simple_rnn, lstm or gru, which can be certified, got {name}")
    if model.get("projection"):
        raise NotCertifiable("model.projection: expected false, since only nets with a readout can be certified, got true")
    if name == "gru":
        return GRUNet(dict(weights), model.get("reset", "after"))
    if set(weights) != set(PATHS):
        raise NotCertifiable(f"expected the weights {', '.join(PATHS)} of a {name}, got {', '.join(sorted(weights)) or 'none'}")
    kernel, recurrent, bias, readout, offset = (weights[path] for path in PATHS)
    if name == "simple_rnn":
        return TanhNet(kernel, recurrent, bias, readout, offset)
    numbers = symbols if model.get("scalar_input") else None
    gates, forget, into = model.get("gates", "sigmoid"), model.get("forget_bias", 0.0), model.get("input_bias", 0.0)
    return LSTMNet(kernel, recurrent, bias, readout, offset, gates, forget, into, numbers)
