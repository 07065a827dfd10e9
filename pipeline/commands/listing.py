"""What there is: the tasks and the experiments in ``params.yaml``, a row each."""

from rich.table import Column

from pipeline.commands.terminal import print_table
from pipeline.config.study import Settings


def list_tasks(known: Settings) -> None:
    """Print what each task asks, the lengths it trains at, and what its answers are."""
    rows = (
        (name, task.summary, ", ".join(map(str, task.training_size.lengths)), task.spec(task.training_size.lengths[0]).answer)
        for name, task in known.tasks.items()
    )
    print_table(("task", "what it asks", "trained at", "answer"), rows)


def list_experiments(known: Settings) -> None:
    """Print each experiment's task, model, optimizer and number of seeds."""
    rows = (
        (name, e.task.name, e.model.name, f"{e.training.optimizer} {e.training.learning_rate:g}", str(e.training.seeds))
        for name, e in known.experiments.items()
    )
    print_table((Column("experiment", no_wrap=True), "task", "model", "optimizer", "seeds"), rows)
