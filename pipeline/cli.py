"""The command line. Each command is a few lines that call a stage."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.arguments import AnyExperiment, AsJson, Check, ExperimentName, Files, Input, TaskName, choose_study
from pipeline.core.errors import Mendable

if TYPE_CHECKING:
    from pipeline.config.study import Settings

app = typer.Typer(
    callback=choose_study,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Trailing Nines: what recurrent nets learn to compute, and how far.",
    epilog="Exit codes: 0 success, 1 failure, 2 invalid argument or params.yaml. NO_COLOR=1: no colours.",
)


def main() -> None:
    """Run the command line; what a user can mend is one line on stderr. Exit code 2: invalid argument or params.yaml; 1: failure."""
    try:
        app(prog_name="nines")
    except Mendable as error:
        _fail(error, error.exit_code)
    except OSError as error:
        _fail(error, 1)


def _fail(error: Exception, code: int) -> None:
    for line in str(error).splitlines():
        print(f"error: {line}", file=sys.stderr)
    sys.exit(code)


def _settings(stage: str | None = None) -> "Settings":
    """Read ``params.yaml``, and say where the ``stage`` stands in the study; what that needs is loaded by the commands that need it."""
    from pipeline.config import settings

    known = settings.read()
    if stage:
        from pipeline.commands.position import announce

        announce(known, stage)
    return known


@app.command()
def freeze(task: TaskName) -> None:
    """Draw a task's datasets and write them to data/datasets/TASK.

    Example: nines freeze increment
    """
    from pipeline.config import paths
    from pipeline.stages import freeze

    chosen = _settings(f"freeze@{task}").task(task)
    freeze.run(task, chosen.params, paths.datasets(task))


@app.command()
def train(experiment: ExperimentName) -> None:
    """Train every seed of an experiment and write data/models/EXPERIMENT.

    Example: nines train increment-rnn-post
    """
    chosen = _settings(f"train@{experiment}").experiment(experiment)
    from pipeline.commands.progress import progress
    from pipeline.layers.xla import device
    from pipeline.recording import sync
    from pipeline.stages import train
    from pipeline.stages.clock import timed

    with progress(experiment) as watch, timed("train", experiment, device):
        notices = train.run(chosen, watch)
    for notice in notices:
        print(f"warning: {notice}", file=sys.stderr)
    sync.log_results(chosen, "training", device())


@app.command()
def evaluate(experiment: ExperimentName) -> None:
    """Score an experiment's nets at every length and write data/results/EXPERIMENT.

    Example: nines evaluate increment-rnn-post
    """
    chosen = _settings(f"evaluate@{experiment}").experiment(experiment)
    from pipeline.layers.xla import device
    from pipeline.recording import sync
    from pipeline.stages import evaluate
    from pipeline.stages.clock import timed

    with timed("evaluate", experiment, device):
        evaluate.run(chosen)
    sync.log_results(chosen, "evaluation")


@app.command()
def certify(experiment: ExperimentName) -> None:
    """Prove an experiment's nets right at every length, or say where that got stuck; write data/certificates/EXPERIMENT.

    Example: nines certify increment-rnn
    """
    known = _settings(f"certify@{experiment}")
    from pipeline.recording import sync
    from pipeline.stages import certify
    from pipeline.stages.clock import timed

    chosen = known.experiment(experiment)
    with timed("certify", experiment, lambda: "cpu:0") as seconds:  # the prover runs on NumPy
        seconds.update(certify.run(chosen, known.certificate(experiment)))
    sync.log_results(chosen, "certification")


@app.command()
def verify(experiment: Annotated[str | None, typer.Argument(help="One experiment's proofs; else all.")] = None) -> None:
    """Check proofs against weights, with a checker that shares no code with the prover.

    Example: nines verify increment-rnn
    """
    known = _settings()
    from pipeline.stages.certify import verify

    for name in known.certificates if experiment is None else [experiment]:
        known.certificate(name)
        for proof in verify(known.experiment(name)):
            print(f"{proof.experiment}, seed {proof.seed}: right on every input of every length, by {proof.margin:.3f} logits or more")


@app.command()
def report() -> None:
    """Write the report on all experiments to data/report.

    Example: nines report
    """
    known = _settings("report")
    from pipeline.config import paths
    from pipeline.recording import sync
    from pipeline.reporting.tables.board import Board
    from pipeline.stages import report

    board = Board(known.board.tasks, known.board.models, known.board.experiments) if known.board else None
    report.run(known.experiments.values(), paths.data(), board)
    for experiment in known.experiments.values():
        sync.log_results(experiment, "evaluation")
    sync.promote_champions(known)


@app.command(context_settings={"ignore_unknown_options": True})
def solve(
    task: TaskName, text: Input = None, file: Files = None, experiment: AnyExperiment = None, check: Check = False, as_json: AsJson = False
) -> None:
    """Answer inputs with a trained net: one alone, many as a table. One that cannot be read is named, and nothing is answered.

    Example: nines solve increment 1476233999
    """
    known = _settings()
    from pipeline.commands.answers import write
    from pipeline.commands.ask import ask
    from pipeline.commands.inputs import Inputs

    with Inputs(text, file or []) as inputs:
        write(ask(known, task, inputs, experiment, check), as_json)


@app.command()
def explain(experiment: ExperimentName) -> None:
    """Say what an experiment is: its recipe, what the post did and what is changed, and what came out.

    Example: nines explain increment-rnn-post
    """
    known = _settings()
    from pipeline.commands.explain import explain

    explain(known, experiment)


@app.command()
def schema() -> None:
    """Print the JSON schema of params.yaml, for editors; it is kept in params.schema.json.

    Example: nines schema > params.schema.json
    """
    from pipeline.config.schema import text

    print(text(), end="")


@app.command()
def tasks() -> None:
    """List the tasks.

    Example: nines tasks
    """
    from pipeline.commands.listing import list_tasks

    list_tasks(_settings())


@app.command()
def experiments() -> None:
    """List the experiments.

    Example: nines experiments
    """
    from pipeline.commands.listing import list_experiments

    list_experiments(_settings())


@app.command()
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port on this machine.")] = 5000,
    open: Annotated[bool, typer.Option("--open", help="Open the charts in the browser.")] = False,
    task: Annotated[str | None, typer.Option(help="Show this task, not the first one.")] = None,
) -> None:
    """Open the MLflow UI on the study's store, with links to its charts; Ctrl-C ends it.

    Example: nines ui --open --task parity
    """
    known = _settings()
    from pipeline.commands.ui import ui
    from pipeline.config import paths
    from pipeline.recording.origin import Origin

    shown = [known.task(task).name] if task else list(known.tasks)
    raise typer.Exit(ui(port, [Origin(paths.study()).mlflow_experiment(name) for name in shown], opens=open))


@app.command()
def sync() -> None:
    """Log to MLflow what the files say, as far as it is not there yet.

    Example: nines sync
    """
    known = _settings()
    from pipeline.recording.sync import promote, sync

    logged = sync(known)
    for name, count in logged.items():
        print(f"{name}: {count} runs made or completed")
    if not logged:
        print("nothing to log: no trained experiment is here; train with 'dvc repro' or fetch with 'make pull'")
    for task, experiment in promote(known).items():
        print(f"models:/{task}@champion is {experiment} now")


@app.command()
def relocate() -> None:
    """Repair the MLflow store of a checkout that was moved or copied.

    Example: nines relocate
    """
    from pipeline.commands.relocate import relocate

    corrected = relocate()
    for place, count in corrected.items():
        print(f"{count} places pointed to {place} and point here now")
    if not corrected:
        print("nothing to repair: the store points to its own artifacts")


@app.command()
def pull() -> None:
    """Fetch the study's data and nets from the DVC remote.

    Example: nines pull
    """
    from pipeline.commands import remote

    print(f"{remote.pull()} files fetched")


@app.command()
def push() -> None:
    """Send the study's data and nets to the DVC remote.

    Example: nines push
    """
    from pipeline.commands import remote

    print(f"{remote.push()} files sent")


@app.command()
def doctor() -> None:
    """Show versions, device, MLflow store and DVC cache.

    Example: nines doctor
    """
    from pipeline.commands.doctor import examine

    for name, finding in examine():
        print(f"{name:13} {finding}")
