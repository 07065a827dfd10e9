"""The arguments of the command line, and what a shell offers to complete them.

Names come from ``params.yaml``, which is read but not checked, so that it takes a moment. A file that cannot be read offers nothing;
the command itself says what is wrong with it.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.config import paths
from pipeline.core.errors import Mendable


def _studies(incomplete: str) -> list[str]:
    """Offer the studies that begin so."""
    return [name for name in paths.studies() if name.startswith(incomplete)]


Study = Annotated[str | None, typer.Option(help="Work on the study in studies/STUDY, not on the one at the top.", autocompletion=_studies)]


def choose_study(study: str | None) -> None:
    """Take the option that stands before the command."""
    paths.choose(study)


def _tasks(incomplete: str) -> list[str]:
    """Offer the tasks that begin so."""
    return [name for name in _section("tasks") if name.startswith(incomplete)]


def _experiments(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the experiments that begin so; of one task, if the command line already names it."""
    entries = _section("experiments")
    # While a command line is unfinished, what stands in the place of the task may not be taken for it yet.
    named = {ctx.params.get("task"), *ctx.args} & _section("tasks").keys()
    return [name for name, entry in entries.items() if name.startswith(incomplete) and (not named or _task_of(entry) in named)]


def _task_of(entry: Any) -> Any:
    return entry.get("task") if isinstance(entry, dict) else None


def _section(name: str) -> dict[str, Any]:
    from pipeline.config.document import parse_experiments

    try:
        section = parse_experiments().get(name)
    except (Mendable, OSError):
        return {}
    return {str(key): entry for key, entry in section.items()} if isinstance(section, dict) else {}


TaskName = Annotated[str, typer.Argument(help="A task in params.yaml, such as increment.", autocompletion=_tasks)]
ExperimentName = Annotated[
    str, typer.Argument(help="An experiment in params.yaml, such as increment-rnn-post.", autocompletion=_experiments)
]
AnyExperiment = Annotated[
    str | None, typer.Option("--experiment", help="Ask this experiment and not the task's best one.", autocompletion=_experiments)
]
Input = Annotated[
    str | None, typer.Argument(metavar="INPUT", help="An input as a person writes it, or - for standard input, an input a line.")
]
Files = Annotated[list[Path] | None, typer.Option("--file", "-f", help="Read inputs from this file, an input a line.")]
Check = Annotated[bool, typer.Option("--check", help="Show the exact answers beside the net's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON object a line, one for each input.")]
