"""The checker's two files: a certificate, which is JSON of one reading only, and a net's weights, which are NumPy's ``.npz``."""

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from pipeline.certification.checker.layered import CANDIDATE_BIAS, names

NAMES = ("recurrent/kernel", "recurrent/recurrent_kernel", "recurrent/bias", "readout/kernel", "readout/bias")
Array = Any


class Rejected(ValueError):
    """The certificate does not prove what it says; the message names the first thing that is wrong."""


class Unreadable(Rejected):
    """A file that is not there, or that is no JSON or no ``.npz`` at all."""


def read(certificate: Path, weights: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read both files without judging them.

    Returns:
        What the certificate holds, and the arrays by name, in the order of the net's digest.

    Raises:
        Unreadable: A file is not there, or not in its format.
        Rejected: The certificate names a thing twice or holds what is no number, or the weights are those of another kind of net.
    """
    try:
        proof = json.loads(certificate.read_text(encoding="utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except Rejected as error:
        raise Rejected(f"{certificate}: {error}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise Unreadable(f"{certificate}: expected a certificate as JSON, got {_line(error)}") from None
    if not isinstance(proof, dict):
        raise Rejected(f"{certificate}: expected a certificate, got {type(proof).__name__}")
    return proof, _arrays(weights, _names(proof.get("net")))


def _names(net: Any) -> list[str]:
    if not isinstance(net, dict) or net.get("kind") not in ("gru", "layers"):
        return [*NAMES]
    try:
        return [*NAMES[:3], *([CANDIDATE_BIAS] if net["reset"] == "after" else []), *NAMES[3:]] if net["kind"] == "gru" else names(net)
    except (KeyError, TypeError):
        raise Rejected("the net is unknown") from None


def _arrays(weights: Path, expected: list[str]) -> dict[str, Array]:
    try:
        with weights.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            named = {name: arrays[name] for name in arrays.files}
            repeated = len(named) != len(arrays.files)
    except (OSError, ValueError, EOFError, TypeError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise Unreadable(f"{weights}: expected weights as NumPy's .npz, got {_line(error)}") from None
    if repeated or set(named) != set(expected):
        raise Rejected("the weights are those of another kind of net")
    return {name: named[name] for name in expected}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Rejected("a key is there twice")
    return found


def _no_number(word: str) -> NoReturn:
    raise Rejected(f"expected numbers, got {word}")


def _line(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
