"""A study: its tasks, the experiments on them, and which of these are to be proved right."""

from dataclasses import dataclass
from typing import TypeVar

from pipeline.config import paths
from pipeline.config.document import ParamsError
from pipeline.config.guarantee import GuaranteeParams
from pipeline.core.registry import nearest
from pipeline.core.task import Task
from pipeline.experiment.certificate import CertificateParams
from pipeline.experiment.entry import Experiment

T = TypeVar("T")


@dataclass(frozen=True)
class Board:
    """The tasks and the models of which a study tries each with each.

    Attributes:
        tasks: Their names, in the order in which they are shown.
        models: As ``tasks``.
        experiments: The experiment of each pair.
    """

    tasks: tuple[str, ...]
    models: tuple[str, ...]
    experiments: dict[tuple[str, str], str]


@dataclass(frozen=True)
class Settings:
    """All of ``params.yaml``, checked; ``board`` is ``None`` where experiments are written out one by one."""

    tasks: dict[str, Task]
    experiments: dict[str, Experiment]
    certificates: dict[str, CertificateParams]
    guarantees: dict[str, GuaranteeParams]
    board: Board | None = None

    def task(self, name: str) -> Task:
        """Return a task by name. Raises ``ParamsError``, naming the nearest."""
        return _find("tasks", name, self.tasks)

    def experiment(self, name: str) -> Experiment:
        """Return an experiment by name. Raises ``ParamsError``, naming the nearest."""
        return _find("experiments", name, self.experiments)

    def certificate(self, experiment: str) -> CertificateParams:
        """Return how an experiment is certified. Raises ``ParamsError``, naming the nearest."""
        return _find("experiments under certificates", experiment, self.certificates)

    def guaranteed(self, experiment: str) -> Experiment:
        """Return an experiment that is under guarantees. Raises ``ParamsError``, naming the nearest."""
        _find("experiments under guarantees", experiment, self.guarantees)
        return self.experiments[experiment]

    def experiments_of(self, task: str) -> list[Experiment]:
        """List a task's experiments."""
        return [e for e in self.experiments.values() if e.task.name == task]


def _find(kinds: str, name: str, known: dict[str, T]) -> T:
    if name not in known:
        raise ParamsError(f"expected one of the {kinds} in {paths.params()} ({', '.join(known)}), got '{name}'{nearest(name, list(known))}")
    return known[name]
