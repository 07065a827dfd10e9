"""This project's own nets as nets of layers, so that they can be exported."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.nets.layered_net import LayeredNet
from pipeline.certification.nets.layers import Layer
from pipeline.core.errors import Mendable

KINDS = {"simple_rnn": "tanh", "lstm": "lstm", "gru": "gru"}


class NotExportable(Mendable):
    """A net that a framework has no layers for; the message says which."""


def layered(model: Mapping[str, Any], weights: Mapping[str, NDArray[np.float32]], symbols: int) -> LayeredNet:
    """Take one net's weights by variable path, as ``checkpoints.load`` gives them.

    What this project adds to gates (``forget_bias``, ``input_bias``) becomes a second bias.

    Args:
        model: The model's parameters, ``name`` among them.
        weights: The weights.
        symbols: The size of the input alphabet.

    Raises:
        NotExportable: Other frameworks have no such net.
    """
    name = model["name"]
    kind = kind_of(model)
    kernel, recurrent, bias = (weights[f"recurrent/{part}"] for part in ("kernel", "recurrent_kernel", "bias"))
    units, more = len(recurrent), np.zeros_like(bias)
    if name == "lstm":
        more[:units], more[units : 2 * units] = model.get("input_bias", 0.0), model.get("forget_bias", 0.0)
    if "recurrent/candidate_bias" in weights:
        more[2 * units :] = weights["recurrent/candidate_bias"]
    layer = Layer(kind, kernel, recurrent, bias, more, model["reset"] if name == "gru" else None)  # type: ignore[arg-type]
    table = np.arange(symbols, dtype=np.float32)[:, None] if model.get("scalar_input") else None
    return LayeredNet((layer,), weights["readout/kernel"], weights["readout/bias"], table)


def kind_of(model: Mapping[str, Any]) -> str:
    """Return the kind of a model's recurrent layer; raises ``NotExportable`` if other frameworks have no such net."""
    name = model["name"]
    if name not in KINDS:
        raise NotExportable(f"model.name: expected {', '.join(KINDS)}, which other frameworks have, got {name}")
    for key, expected in (("projection", False), ("gates", "sigmoid")):
        if model.get(key, expected) != expected:
            raise NotExportable(
                f"model.{key}: expected {str(expected).lower()}, which other frameworks have, got {str(model[key]).lower()}"
            )
    return KINDS[name]
