"""Nets as compressed text: as many as fit into the live page, the others in files beside it.

Float32 weights hardly compress: of 32 bits the 23 of the fraction are as good as random. All nets of a study may well need more than a page
that opens at once may hold, so what does not fit lies in ``live/<experiment>.js`` and is read when somebody chooses such a net. A script is
the one kind of file that a page may read from a folder without a server.
"""

import base64
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.files.guarantees import Guarantee
from pipeline.reporting.live.nets import Net, Shown
from pipeline.reporting.live.proofs import drawing

# Characters of nets in a page; with scripts and styles it stays below two million bytes.
ROOM = 1_840_000

Json = dict[str, Any]


@dataclass(frozen=True)
class Packed:
    """Experiments as the page's scripts read them.

    Attributes:
        experiments: In their order, each with all of its nets; a net that is in the page has a ``body``.
        beside: The text of ``live/<experiment>.js`` by experiment, with the bodies of its other nets.
    """

    experiments: list[Json]
    beside: Mapping[str, str]


def pack(group: Sequence[Shown], room: int = ROOM) -> Packed:
    """Put nets into a page until ``room`` characters are full, and the others beside it.

    One net of each experiment comes first, then those with a verdict, then the others; small ones come before large ones.
    """
    bodies = {(shown.experiment, net.seed): body(net) for shown in group for net in shown.nets}
    inside = set()
    for key in _in_turn(group):
        if len(bodies[key]) <= room:
            inside.add(key)
            room -= len(bodies[key])
    experiments = [
        _document(own, [_net(net) | ({"body": bodies[key]} if (key := (own.experiment, net.seed)) in inside else {}) for net in own.nets])
        for own in group
        if own.nets
    ]
    beside = {
        own.experiment: _script(own.experiment, others)
        for own in group
        if (others := {net.seed: bodies[key] for net in own.nets if (key := (own.experiment, net.seed)) not in inside})
    }
    return Packed(experiments, beside)


def body(net: Net) -> str:
    """Compress a net's weights and proof.

    Returns:
        Base64 of a zlib stream: the first bytes of all weights as little-endian float32, then their second, third and fourth bytes, which
        compresses better than one number after the other, and then the proof as JSON, empty where there is none.
    """
    weights = np.concatenate([weight.astype("<f4").ravel() for weight in net.weights.values()])
    planes = weights.view(np.uint8).reshape(-1, 4).T.tobytes()
    proof = json.dumps(drawing(net.proof), separators=(",", ":"), allow_nan=False).encode() if net.proof else b""
    return base64.b64encode(zlib.compress(planes + proof, 9)).decode()


def _in_turn(group: Sequence[Shown]) -> Iterator[tuple[str, int]]:
    by_size = sorted((shown for shown in group if shown.nets), key=_order)
    yield from ((shown.experiment, shown.nets[0].seed) for shown in by_size)
    yield from ((shown.experiment, net.seed) for shown in by_size for net in shown.nets[1:])


def _order(shown: Shown) -> tuple[bool, int]:
    first = shown.nets[0]
    return first.verdict is None, sum(weight.size for weight in first.weights.values())


def _document(shown: Shown, nets: list[Json]) -> Json:
    """Describe an experiment; ``shapes`` are those of the weights, in their order."""
    first = shown.nets[0]
    return {
        "name": shown.experiment,
        "task": shown.task,
        "source": shown.source,
        "sentence": shown.sentence,
        "model": shown.model,
        "length": first.length,
        "shapes": [[path, list(weight.shape)] for path, weight in first.weights.items()],
        "nets": nets,
    }


def _net(net: Net) -> Json:
    if not net.verdict:
        return {"seed": net.seed}
    hit = net.verdict.counterexample
    known: Json = {"verdict": net.verdict.verdict, "counterexample": hit.model_dump() if hit else None}
    if isinstance(net.verdict, Guarantee):
        known |= {"said": net.verdict.sentence, "fails": net.verdict.fails}
    else:
        known |= {"margin": net.verdict.margin, "sets": net.verdict.sets}
    return {"seed": net.seed, "verdict": known}


def _script(experiment: str, bodies: Mapping[int, str]) -> str:
    return f"packs.take({json.dumps(experiment)}, {json.dumps(bodies)});\n"
