"""What a run is made of. Plain data: nothing here knows MLflow.

A run is built up from *parts*, one for each stage that has something to say about it (``training``, ``evaluation``, …). Each
part carries the SHA-256 digest of the bytes that it describes; the digests are the identity of the run.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

# The tag that holds a run's description, as Markdown.
NOTE = "mlflow.note.content"


class Point(NamedTuple):
    """One point of a metric's curve. ``step`` is an optimizer step or, for length curves, the length of the sequences."""

    key: str
    value: float
    step: int


@dataclass(frozen=True)
class DatasetInput:
    """A frozen dataset that a run has read.

    Attributes:
        name: The name shown in the UI.
        digest: The digest of the dataset's manifest.
        source: Where the dataset lies, relative to the checkout.
        context: ``"training"`` or ``"testing"``.
    """

    name: str
    digest: str
    source: str
    context: str


@dataclass(frozen=True)
class ServedModel:
    """A model that takes what a person writes and returns what a person reads.

    Attributes:
        code: The Python file that ends in ``mlflow.models.set_model(…)``.
        packages: Folders of code that the file imports; copied beside the model.
        files: Files and folders that go with it, by the name under which it finds them in ``context.artifacts``.
        requirements: Names of the installed distributions it needs; the installed versions are recorded.
        example: Texts that it takes, shown with it.
    """

    code: Path
    packages: tuple[Path, ...]
    files: Mapping[str, Path]
    requirements: tuple[str, ...]
    example: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """What one stage says about a run.

    Attributes:
        name: ``training``, ``evaluation``, …; the digest is kept in the tag ``digest.<name>``.
        digest: SHA-256 of the bytes that the part describes.
        params: Nested; flattened with dots. Keys without a value (``None``) are left out.
        points: Points of metric curves, in any order.
        tags: Tags that hold for this part.
        artifacts: Files to copy, each with the folder that it goes to in the run's artifacts (``""``: the top).
        datasets: Datasets that were read.
        model: A model to log, if any.
        identity: Whether another digest makes another run. ``False``: the part is derived (pictures) and just replaced.
    """

    name: str
    digest: str
    params: Mapping[str, Any] = field(default_factory=dict)
    points: tuple[Point, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    artifacts: tuple[tuple[Path, str], ...] = ()
    datasets: tuple[DatasetInput, ...] = ()
    model: ServedModel | None = None
    identity: bool = True


@dataclass(frozen=True)
class RunRecord:
    """One run: the MLflow experiment it belongs to, its name, the tags it is born with, its parts in the order of the stages."""

    experiment: str
    name: str
    tags: Mapping[str, str]
    parts: tuple[Part, ...]


def digest(*chunks: bytes) -> str:
    """Return the SHA-256 of ``chunks`` as 64 hex digits; where one chunk ends and the next begins counts too.

    Example:
        >>> digest(b"ab", b"c") == digest(b"a", b"bc")
        False
    """
    total = hashlib.sha256()
    for chunk in chunks:
        total.update(len(chunk).to_bytes(8, "big") + chunk)
    return total.hexdigest()


def flatten(params: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Turn nested params into ``{"model.units": "16"}``; keys without a value are left out.

    Example:
        >>> flatten({"model": {"name": "lstm", "bias": None}, "lengths": [4, 5]})
        {'model.name': 'lstm', 'lengths': '4, 5'}
    """
    flat: dict[str, str] = {}
    for key, value in params.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        elif isinstance(value, list | tuple):
            flat[prefix + key] = ", ".join(str(item) for item in value)
        elif value is not None:
            flat[prefix + key] = str(value)
    return flat
