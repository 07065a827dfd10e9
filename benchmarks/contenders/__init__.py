"""Who is timed. Each trains every seed of a workload from the same initial weights, and imports its library only when made."""

from collections.abc import Callable
from importlib import import_module
from typing import Protocol

from benchmarks.workloads import Workload


class Contender(Protocol):
    """One way to train a workload's seeds.

    Attributes:
        device: Where it runs, ``cpu`` or ``gpu`` (and which).
        parameters: Trainable parameters of one net.
        packages: The distributions whose versions matter.
    """

    device: str
    parameters: int
    packages: tuple[str, ...]

    def train(self) -> float:
        """Train every seed from its initial weights; return the seconds of the training alone, from first batch to last loss."""

    def losses(self) -> list[float]:
        """Train seed 0 on its batches in order; return the mean loss of each chunk."""


# Name on the command line -> module, and what tables call it.
CONTENDERS = {
    "engine": ("engine", "this engine"),
    "keras": ("keras_fit", "Keras fit"),
    "keras-steps": ("keras_steps", "Keras fit, many steps an execution"),
    "keras-jit": ("keras_jit", "Keras fit, the same with XLA"),
    "torch": ("torch_eager", "PyTorch"),
    "torch-compile": ("torch_compile", "PyTorch, compiled"),
    "torch-vmap": ("torch_vmap", "PyTorch, vmap"),
    "jax": ("jax_scan", "JAX scan"),
    "jax-vmap": ("jax_scan", "JAX scan, vmap"),
    "jax-lanes": ("jax_lanes", "JAX scan, two lanes"),
    "jax-vmap-lanes": ("jax_lanes", "JAX scan, vmap, two lanes"),
}
# Peers by the library that they are written with.
FAMILIES = {
    library: tuple(name for name in CONTENDERS if name.startswith(prefix))
    for library, prefix in {"Keras": "keras", "PyTorch": "torch", "JAX": "jax"}.items()
}
LABELS = {name: label for name, (_, label) in CONTENDERS.items()}


def make(name: str, workload: Workload) -> Contender:
    """Load a contender's library and build its nets.

    Raises:
        ValueError: There is no such contender.
    """
    if name not in CONTENDERS:
        raise ValueError(f"expected one of the contenders {', '.join(CONTENDERS)}, got '{name}'")
    module = import_module(f"benchmarks.contenders.{CONTENDERS[name][0]}")
    builders: dict[str, Callable[[Workload], Contender]] = module.BUILDERS
    return builders[name](workload)
