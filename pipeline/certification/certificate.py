"""A proof on disk: the sets, where every ``k`` symbols lead, and what it is a proof of. JSON; numbers as shortest exact decimals.

In the file ``k`` is called ``stride`` and ``context_length`` is called ``memory``, as format 2 names them.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.certification.sets.cells import Cell
from pipeline.certification.sets.rounding import SIGMOID_ERROR, SINGLE, TANH_ERROR
from pipeline.core.errors import Mendable
from pipeline.core.transducer import Transducer

# Of tanh nets and LSTMs of this project's own shapes, and of nets of layers (``nets.layered_net``), GRUs among them.
FORMATS = {False: "trailing-nines certificate 2", True: "trailing-nines certificate 3"}


@dataclass(frozen=True)
class Node:
    """One set of the induction.

    Attributes:
        name: The histories that it holds, in words; the proof does not rest on it.
        state: The transducer's state after them.
        cell: Every state that they can lead to.
        margin: By how many logits the right output leads, at least, at each of the next ``k`` outputs.
        targets: The number of the node that each word of ``k`` symbols leads to, the last symbol varying fastest.
    """

    name: str
    state: str
    cell: Cell
    margin: float
    targets: tuple[int, ...]


@dataclass(frozen=True)
class Certificate:
    """A net, named by the SHA-256 of its weights, computes a transducer on every input of every length.

    Attributes:
        task: The task's name.
        net: ``Net.description()``: the kind of net and all that its weights do not say.
        weights: ``Net.digest()``, of the description and the weights.
        transducer: What is computed.
        k: Symbols that each step of the induction reads.
        context_length: The most symbols of the past that tell one set's context from another's.
        nodes: The sets; the first is the start's.
    """

    task: str
    net: dict[str, Any]
    weights: str
    transducer: Transducer
    k: int
    context_length: int
    nodes: tuple[Node, ...]

    @property
    def margin(self) -> float:
        """The least margin of all, in logits."""
        return min(node.margin for node in self.nodes)

    def document(self) -> dict[str, Any]:
        """Return what the file holds; ``digest`` is the SHA-256 of the rest with sorted keys and no spaces."""
        body = {
            "format": FORMATS[self.net["kind"] in ("gru", "layers")],
            "task": self.task,
            "net": self.net,
            "weights_sha256": self.weights,
            "assumptions": {"float32_unit": SINGLE, "tanh_error": TANH_ERROR, "sigmoid_error": SIGMOID_ERROR},
            "transducer": {
                "states": list(self.transducer.states),
                "symbols": self.transducer.symbols,
                "transitions": [[*pair, *after] for pair, after in sorted(self.transducer.transitions.items())],
            },
            "stride": self.k,
            "memory": self.context_length,
            "margin": self.margin,
            "nodes": [
                {"name": node.name, "state": node.state, "margin": node.margin, "targets": list(node.targets)}
                | {part: value.tolist() for part, value in node.cell._asdict().items()}
                for node in self.nodes
            ],
        }
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return body | {"digest": hashlib.sha256(text.encode()).hexdigest()}

    def text(self) -> str:
        """Return the file's content; the same certificate gives the same bytes."""
        return json.dumps(self.document(), allow_nan=False) + "\n"

    def save(self, path: Path) -> None:
        """Write the certificate."""
        path.write_text(self.text(), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Certificate":
        """Read a certificate without judging it; ``checker.check`` does that.

        Raises:
            Mendable: The file is not there, or is cut or changed.
        """
        try:
            return cls._of(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            got = "nothing there" if isinstance(error, FileNotFoundError) else "a damaged file"
            raise Mendable(f"{path}: expected a certificate, got {got}; delete it and fetch it with 'dvc checkout'") from error

    @classmethod
    def _of(cls, found: dict[str, Any]) -> "Certificate":
        table = found["transducer"]
        transitions = {(state, symbol): (after, output) for state, symbol, after, output in table["transitions"]}
        nodes = tuple(
            Node(n["name"], n["state"], Cell(*(np.array(n[part]) for part in Cell._fields)), n["margin"], tuple(n["targets"]))
            for n in found["nodes"]
        )
        transducer = Transducer(tuple(table["states"]), table["symbols"], transitions)
        return cls(found["task"], found["net"], found["weights_sha256"], transducer, found["stride"], found["memory"], nodes)
