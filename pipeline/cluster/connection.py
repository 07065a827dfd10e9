"""To join a Ray cluster as the one that hands out jobs."""

import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import ray

import pipeline
from pipeline.core.errors import Mendable

# A job has one processor core; settings that change bits, or which devices are used, are the same on every node.
ONE_CORE = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}
SECONDS_TO_ANSWER = 10.0
CARRIED = ("KERAS_BACKEND", "XLA_FLAGS")


class NoCluster(Mendable):
    """No Ray cluster answers."""


@contextmanager
def connected(address: str, modules: Sequence[ModuleType] = (pipeline,)) -> Iterator[None]:
    """Join the cluster at ``address`` for the block. The code of this checkout goes to its nodes as Ray's runtime environment.

    Args:
        address: Of its head: host and port.
        modules: The packages that jobs are made of.

    Raises:
        NoCluster: Nobody answers there, or another version of Ray or Python.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        _reach(address)
        ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL, runtime_env=_code(modules))
    except (OSError, RuntimeError, ValueError) as error:
        found = str(error).strip().splitlines()[0]
        raise NoCluster(
            f"RAY_ADDRESS: expected the address of a running Ray cluster, got '{address}' ({found}); "
            "start one with 'ray start --head', or unset RAY_ADDRESS to work on this machine"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _reach(address: str) -> None:
    """See that somebody listens there, since Ray itself tries for minutes.

    Raises:
        OSError: Nobody does.
        ValueError: It is no address.
    """
    if address in ("auto", "local"):
        return
    host, _, port = address.rpartition(":")
    if "://" in address or not host or not port.isdigit():
        raise ValueError("expected HOST:PORT of the head, from a machine of the cluster")
    socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS_TO_ANSWER).close()


def _code(modules: Sequence[ModuleType]) -> dict[str, Any]:
    packages = [str(Path(module.__file__ or "").resolve().parent) for module in modules]
    carried = {name: os.environ[name] for name in CARRIED if name in os.environ}
    return {"py_modules": packages, "excludes": ["**/__pycache__/"], "env_vars": ONE_CORE | carried}
