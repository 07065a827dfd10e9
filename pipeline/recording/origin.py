"""Where a run comes from: its study, whose recipe it is, and the frozen dataset that it has read."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.words import ranges
from pipeline.experiment.entry import Experiment
from pipeline.files import datasets
from pipeline.files.recipes import Recipe
from pipeline.tracking.runs import DatasetInput, Part, digest


@dataclass(frozen=True)
class Origin:
    """Where an experiment belongs.

    Attributes:
        study: The name of its study; ``None`` is the one at the top.
        source: Whose recipe it is; empty for one that stands in ``params.yaml`` no more.
        tuned_on: The seeds on which it was chosen, if it was.
    """

    study: str | None = None
    source: str = ""
    tuned_on: Sequence[int] = ()

    @classmethod
    def of(cls, experiment: Experiment | None, study: str | None) -> "Origin":
        """Take it from an entry of ``params.yaml``."""
        return cls(study) if experiment is None else cls(study, experiment.source, experiment.tuned_on or ())

    def mlflow_experiment(self, task: str) -> str:
        """Name the MLflow experiment of a task's runs: a study's runs lie apart from those of others."""
        return task if self.study is None else f"{self.study}/{task}"

    @property
    def tags(self) -> dict[str, str]:
        """What is true of each run whatever was trained."""
        named = {"study": self.study or "", "source": self.source, "tuned_on": ranges(self.tuned_on)}
        return {key: value for key, value in named.items() if value}

    @property
    def part(self) -> Part:
        """The part of a run that says so; it may change without the net being another."""
        return Part("origin", digest(json.dumps(self.tags, sort_keys=True).encode()), tags=self.tags, identity=False)


@dataclass(frozen=True)
class Frozen:
    """What is logged to MLflow about a frozen dataset: as it was trained on, as it is tested on, and its manifest."""

    training: DatasetInput
    testing: DatasetInput
    manifest: Path

    @classmethod
    def of(cls, recipe: Recipe, folder: Path) -> "Frozen":
        task, own = recipe.task, folder / recipe.task
        path = datasets.manifest_of(own)
        identity, source = hashlib.sha256(path.read_bytes()).hexdigest(), own.as_posix()
        # Under one name MLflow would show a dataset once only, as trained on or as tested on.
        training = DatasetInput(f"{task}-training", recipe.training_data, source, "training")
        testing = DatasetInput(f"{task}-testing", identity, source, "testing")
        return cls(training, testing, path)
