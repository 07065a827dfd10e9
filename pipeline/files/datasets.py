"""Frozen datasets: a folder of arrays and a manifest that says what they are, written once and verified at every reading.

``train.npz`` holds ``<length>/inputs``, ``<length>/targets``, ``<length>/validation`` (how many a seed keeps out of training) and,
where the examples' order is itself data, ``<length>/order``;
``test.npz`` holds ``<family>/<length>/inputs`` and ``<family>/<length>/targets``; ``manifest.json`` holds the task's version and
params, the counts, and the SHA-256 of both. The same params give the same bytes.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.errors import Mendable
from pipeline.core.examples import Array, TestSet, TrainingPool
from pipeline.core.folders import replacing
from pipeline.core.npz import unpack
from pipeline.core.rows import row_keys
from pipeline.core.seeding import stream
from pipeline.core.task import Task

MANIFEST = "manifest.json"
TRAIN = "train.npz"
TEST = "test.npz"


class DatasetError(Mendable):
    """A frozen dataset that is missing or no longer what was frozen; the message names the file and the command that mends it."""


@dataclass(frozen=True)
class Dataset:
    """A verified dataset.

    Attributes:
        name: The task's name.
        manifest: What ``manifest.json`` says.
        digest: SHA-256 of ``manifest.json``, and so of everything in the folder.
        pools: The training examples, by training length.
        test_sets: In the order in which the task drew them.
    """

    name: str
    manifest: Mapping[str, Any]
    digest: str
    pools: Mapping[int, TrainingPool]
    test_sets: list[TestSet]

    def split(self, length: int, seed: int) -> tuple[Array, Array]:
        """Split the pool of ``length`` as the training seed has it.

        Returns:
            Indices into the pool in random order: those to train on, those to validate on.

        Raises:
            DatasetError: There is no pool of that length.
        """
        if length not in self.pools:
            raise DatasetError(f"{self.name}: expected a training length among {', '.join(map(str, self.pools))}, got {length}")
        pool = self.pools[length]
        shuffled = stream(self.manifest["params"]["seed"], self.name, "split", length, seed).permutation(len(pool.inputs))
        training = len(shuffled) - pool.validation
        return shuffled[:training], shuffled[training:]


def freeze(task: Task, folder: Path) -> None:
    """Draw the task's examples and write them to ``folder``: whole, or not at all.

    Raises:
        DatasetError: A test set holds training examples although the task could have kept them apart.
    """
    pools = task.training_pools()
    test_sets = list(task.test_sets(pools))
    manifest = {
        "task": task.name,
        "version": task.version,
        "params": task.params.model_dump(mode="json", exclude_none=True),
        "training": {str(length): _pool_counts(pool) for length, pool in pools.items()},
        "test": _test_counts(task, pools, test_sets),
    }
    with replacing(folder) as partial:
        np.savez(partial / TRAIN, allow_pickle=False, **_pool_arrays(pools))
        np.savez(partial / TEST, allow_pickle=False, **_test_arrays(test_sets))
        manifest["files"] = {name: _fingerprint((partial / name).read_bytes()) for name in (TRAIN, TEST)}
        (partial / MANIFEST).write_bytes(_sealed(manifest))


def load(folder: Path) -> Dataset:
    """Read the dataset in ``folder``, which bears the task's name, and verify every byte of it.

    Raises:
        DatasetError: The folder or a file is missing, cut or changed.
    """
    text = _read(folder / MANIFEST)
    manifest = _unsealed(text, folder / MANIFEST)
    train, test = (_verified(folder / name, manifest["files"][name]) for name in (TRAIN, TEST))
    pools = {
        int(length): TrainingPool(
            train[f"{length}/inputs"],
            train[f"{length}/targets"],
            order=train.get(f"{length}/order"),
            validation=int(train[f"{length}/validation"]),
        )
        for length in manifest["training"]
    }
    test_sets = [
        TestSet(family, int(length), test[f"{family}/{length}/inputs"], test[f"{family}/{length}/targets"])
        for family, lengths in manifest["test"].items()
        for length in lengths
    ]
    return Dataset(manifest["task"], manifest, hashlib.sha256(text).hexdigest(), pools, test_sets)


def manifest_of(folder: Path) -> Path:
    """Name the manifest of the dataset in ``folder``; raises ``DatasetError`` if it is not there."""
    path = folder / MANIFEST
    if not path.is_file():
        raise DatasetError(f"{path}: expected a frozen dataset, got nothing there; {_remedy(path)}")
    return path


def _pool_arrays(pools: Mapping[int, TrainingPool]) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    for length, pool in pools.items():
        arrays |= {
            f"{length}/inputs": pool.inputs,
            f"{length}/targets": pool.targets,
            f"{length}/validation": np.array(pool.validation, dtype=np.int64),
        }
        if pool.order is not None:
            arrays[f"{length}/order"] = pool.order
    return arrays


def _test_arrays(test_sets: list[TestSet]) -> dict[str, Array]:
    named = {f"{test.family}/{test.length}": test for test in test_sets}
    return {f"{name}/{part}": getattr(test, part) for name, test in named.items() for part in ("inputs", "targets")}


def _pool_counts(pool: TrainingPool) -> dict[str, Any]:
    counts: dict[str, Any] = {"training": len(pool.inputs) - pool.validation, "validation": pool.validation}
    if pool.order is not None:
        counts |= {"trials": pool.order.shape[0], "sequences": pool.order.shape[1]}
    return counts


def _test_counts(task: Task, pools: Mapping[int, TrainingPool], test_sets: list[TestSet]) -> dict[str, dict[str, dict[str, int]]]:
    # The same positions and the same symbols: a shorter number is another input than that number with more leading zeros.
    seen = {pool.inputs.shape[1:]: frozenset(row_keys(pool.inputs)) for pool in pools.values()}
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for test in test_sets:
        same_shape = seen.get(test.inputs.shape[1:], frozenset())
        overlap = sum(key in same_shape for key in row_keys(test.inputs))
        if overlap and not task.shares_inputs(test.length):
            raise DatasetError(
                f"{task.name}: expected no training examples in the test set {test.family}/{test.length}, got {overlap}; "
                f"set another tasks.{task.name}.seed in params.yaml"
            )
        counts.setdefault(test.family, {})[str(test.length)] = {"examples": len(test.inputs), "in_training_pool": overlap}
    return counts


def _fingerprint(data: bytes) -> dict[str, Any]:
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _sealed(manifest: Mapping[str, Any]) -> bytes:
    # The seal is the digest of the rest, so that a change in the manifest itself shows too.
    content = {key: value for key, value in manifest.items() if key != "seal"}
    seal = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    return (json.dumps(content | {"seal": seal}, indent=2) + "\n").encode()


def _unsealed(text: bytes, path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(text)
    except ValueError:  # also what bytes that are no UTF-8 raise
        manifest = None
    if not isinstance(manifest, dict) or _sealed(manifest) != text:
        raise DatasetError(f"{path}: expected the manifest as it was frozen, got changed contents; {_remedy(path)}")
    return manifest


def _verified(path: Path, expected: Mapping[str, Any]) -> dict[str, Array]:
    data = _read(path)
    found = _fingerprint(data)
    for key in ("bytes", "sha256"):
        if found[key] != expected[key]:
            raise DatasetError(f"{path}: expected {key} {expected[key]} as frozen, got {found[key]}; {_remedy(path)}")
    return unpack(data)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        missing = path if path.parent.is_dir() else path.parent
        raise DatasetError(f"{missing}: expected a frozen dataset, got nothing there; {_remedy(path)}") from None


def _remedy(path: Path) -> str:
    return f"make it anew with 'dvc repro freeze@{path.parent.name}' or fetch it with 'dvc checkout'"
