"""The stage ``freeze@<task>``: draw a task's datasets and write them."""

from pathlib import Path

from pipeline.core import registry
from pipeline.core.task import TaskParams
from pipeline.files import datasets


def run(name: str, task_params: TaskParams, folder: Path) -> None:
    """Freeze the datasets of the task ``name`` into ``folder``.

    Raises:
        UnknownName: There is no such task.
        DatasetError: Training and test inputs overlap where they need not.
    """
    datasets.freeze(registry.load("tasks", name).TASK(task_params), folder)
