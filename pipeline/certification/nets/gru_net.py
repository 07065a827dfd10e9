"""One GRU layer of this project and a linear readout: a net of one layer, under the names that its checkpoints have."""

from typing import Any, Literal

import numpy as np

from pipeline.certification.nets.base import NotCertifiable
from pipeline.certification.nets.layered_net import LayeredNet
from pipeline.certification.nets.layers import Layer
from pipeline.certification.nets.tanh_net import PATHS
from pipeline.certification.sets.rounding import Singles

CANDIDATE_BIAS = "recurrent/candidate_bias"


def paths(reset: str) -> tuple[str, ...]:
    """Return where checkpoints keep a GRU's weights, in the order of its digest."""
    return (*PATHS[:3], *((CANDIDATE_BIAS,) if reset == "after" else ()), *PATHS[3:])


class GRUNet(LayeredNet):
    """``models/gru``: see ``Layer`` for the equations; of the second bias only the candidate's part is not zero.

    Args:
        weights: The arrays of ``paths(reset)``, by path.
        reset: Where the reset gate acts.

    Raises:
        NotCertifiable: A weight is missing, or not as ``LayeredNet`` wants it.
    """

    def __init__(self, weights: dict[str, Singles], reset: Literal["after", "before"]) -> None:
        if set(weights) != set(paths(reset)):
            raise NotCertifiable(f"expected the weights {', '.join(paths(reset))} of a gru, got {', '.join(sorted(weights)) or 'none'}")
        kernel, recurrent, bias, readout, offset = (weights[path] for path in PATHS)
        more = np.zeros_like(bias)
        if reset == "after":
            own = weights[CANDIDATE_BIAS]
            if np.ndim(own) != 1 or 3 * len(own) != len(bias):
                raise NotCertifiable(f"{CANDIDATE_BIAS}: expected a third of {len(bias)} numbers, got {np.shape(own)}")
            more = np.concatenate([more[: -len(own)], own])
        object.__setattr__(self, "own", {path: weights[path] for path in paths(reset)})
        super().__init__((Layer("gru", kernel, recurrent, bias, more, reset),), readout, offset)

    def description(self) -> dict[str, Any]:
        """Return the kind of net and where its reset gate acts, as a certificate states it."""
        return {"kind": "gru", "reset": self.layers[0].reset}

    def weights(self) -> dict[str, Singles]:
        """Return the arrays by the paths of its checkpoints."""
        own: dict[str, Singles] = self.__dict__["own"]
        return own
