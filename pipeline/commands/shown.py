"""The commands that show what there is: the schema of params.yaml, tasks, experiments, and what differs between two revisions."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.startup import one_thread


def schema() -> None:
    """Print the JSON schema of params.yaml, for editors; it is kept in params.schema.json.

    Example: nines schema > params.schema.json
    """
    from pipeline.config.schema import text

    print(text(), end="")


def tasks(
    export: Annotated[Path | None, typer.Option(help="Write their examples to this folder, as a dataset that others can load.")] = None,
    longest: Annotated[int, typer.Option(min=1, help="With --export: leave out inputs that are longer.")] = 100,
) -> None:
    """List the tasks, or write them as a dataset: JSON lines with prompt and answer, a verifier, and a README.

    Example: nines tasks --export tasks
    """
    if export is None:
        one_thread()
    from pipeline.commands.listing import list_tasks
    from pipeline.config.sections import read_tasks

    known = read_tasks()
    if export is None:
        list_tasks(known)
        return
    from pipeline.commands.dataset_export import export as write

    for path, entries in write(known.values(), export, longest):
        print(f"{path}: {entries:,} entries")


def experiments() -> None:
    """List the experiments.

    Example: nines experiments
    """
    one_thread()
    from pipeline.commands.listing import list_experiments
    from pipeline.config import settings

    list_experiments(settings.read().experiments)


def compare(
    before: Annotated[str, typer.Argument(help="A commit, a branch, or a DVC experiment.")],
    after: Annotated[str | None, typer.Argument(help="Another one; else the files that lie here.")] = None,
) -> None:
    """Say what a change did, as Markdown for a pull request: params, how far nets stay right, proofs, claims.

    Example: nines compare main
    """
    from pipeline.commands.compare import compare

    print(compare(before, after), end="")
