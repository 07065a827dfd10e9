"""What there is: the tasks and the experiments in ``params.yaml``, a row each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.commands.streams import print_table

if TYPE_CHECKING:
    from pipeline.core.task import Task
    from pipeline.experiment.entry import Experiment


def list_tasks(tasks: Mapping[str, "Task"]) -> None:
    """Print what each task asks, the lengths it trains at, and what its answers are."""
    rows = (
        (name, task.summary, ", ".join(map(str, task.training_size.lengths)), task.spec(task.training_size.lengths[0]).answer)
        for name, task in tasks.items()
    )
    print_table(("task", "what it asks", "trained at", "answer"), rows)


def list_experiments(experiments: Mapping[str, "Experiment"]) -> None:
    """Print each experiment's task, model, optimizer and number of seeds."""
    rows = (
        (name, e.task.name, e.model.name, f"{e.training.optimizer} {e.training.learning_rate:g}", str(e.training.seeds))
        for name, e in experiments.items()
    )
    print_table(("experiment", "task", "model", "optimizer", "seeds"), rows, unbroken="experiment")
