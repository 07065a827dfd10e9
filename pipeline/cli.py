"""The command line. Each command is a few lines that call a stage."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands import nets, run, shown
from pipeline.commands.arguments import AnyExperiment, AsJson, Check, ExperimentName, Files, Input, Study, TaskName, choose_study
from pipeline.commands.disk import explained
from pipeline.commands.own_code import require_own_code
from pipeline.commands.startup import one_thread, rare_collections, without_plugins
from pipeline.commands.streams import show_what_can_be_shown
from pipeline.commands.verify import verify
from pipeline.core.errors import Mendable, WrongInput

if TYPE_CHECKING:
    from pipeline.config.study import Settings


def begin(ctx: typer.Context, study: Study = None) -> None:
    """Take the option that stands before the command; without a command, show what is here and what to type next."""
    choose_study(study)
    if ctx.invoked_subcommand is None:
        one_thread()
        from pipeline.commands.overview import overview

        print("\n".join(overview(_settings())))


app = typer.Typer(
    callback=begin,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich" if sys.stdout.isatty() else None,  # rich, which draws the frames, takes a moment to load
    help="Trailing Nines: what recurrent nets learn to compute, and how far.",
    epilog="Exit codes: 0 success, 1 failure, 2 invalid argument or params.yaml. NO_COLOR=1: no colours. "
    "Worked examples (another value, more seeds, a net of your own): docs/vary.md.",
)


def main() -> None:
    """Run the command line; what a user can mend is one line on stderr. Exit code 2: invalid argument or params.yaml; 1: failure."""
    show_what_can_be_shown()
    rare_collections()
    without_plugins()
    try:
        require_own_code()
        app(prog_name="nines")
    except Mendable as error:
        _fail(error, error.exit_code)
    except OSError as error:
        _fail(explained(error), 1)


def _fail(error: Exception | str, code: int) -> None:
    for line in str(error).splitlines():
        print(f"error: {line}", file=sys.stderr)
    sys.exit(code)


def _settings() -> "Settings":
    """Read ``params.yaml``; what checks it is loaded by the commands that need it."""
    from pipeline.config import settings

    return settings.read()


for stage in (run.freeze, run.train, run.evaluate, run.certify, run.report):
    app.command(rich_help_panel="Stages, as DVC runs them")(stage)
for command in (nets.prove, nets.discover, nets.export, nets.bundle):
    app.command(rich_help_panel="Nets as files")(command)
app.command()(verify)
for listed in (shown.schema, shown.tasks, shown.experiments, shown.compare):
    app.command()(listed)


@app.command()
def guarantee(
    experiment: ExperimentName,
    out: Annotated[Path | None, typer.Option(help="Write guarantees and weights to this folder.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write data/certificates/EXPERIMENT, as DVC's stage does.")] = False,
) -> None:
    """Prove how far nets are right that sort by pointing or that count; a checker verifies each proof.

    Example: nines guarantee sort-pointer
    """
    if write:
        if out is not None:
            raise WrongInput(
                "--write: expected no --out beside it (it writes data/certificates/EXPERIMENT), got both; leave one of the two out"
            )
        run.guarantee(experiment)
        return
    known = _settings()
    from pipeline.commands.guarantee import guarantees
    from pipeline.commands.progress import progress

    chosen = known.experiment(experiment)
    with progress(f"guarantee {experiment}") as watch:
        for place, said in enumerate(guarantees(chosen, out), start=1):
            print(said, flush=True)
            watch("nets", place, chosen.training.seeds, {})


@app.command(context_settings={"ignore_unknown_options": True})
def solve(
    task: TaskName, text: Input = None, file: Files = None, experiment: AnyExperiment = None, check: Check = False, as_json: AsJson = False
) -> None:
    """Answer inputs with a trained net: one alone, many as a table. One that cannot be read is named, and nothing is answered.

    Example: nines solve increment 1476233999
    """
    one_thread()
    known = _settings()
    from pipeline.commands.answers import write
    from pipeline.commands.ask import ask
    from pipeline.commands.inputs import Inputs

    with Inputs(text, file or []) as inputs:
        write(ask(known, task, inputs, experiment, check), as_json)


@app.command()
def tune(
    experiment: Annotated[str, typer.Argument(help="An experiment in params.yaml; with --row, the row names it.")] = "",
    seeds: Annotated[str, typer.Option(help="Seeds beyond the reported ones.")] = "100-109",
    change: Annotated[list[str] | None, typer.Option("--set", "-S", help="key=value of its entry, such as model.units=16.")] = None,
    length: Annotated[int | None, typer.Option(min=1, help="The longest inputs to score; default: evaluation.longest.")] = None,
    prove: Annotated[bool, typer.Option("--prove", help="Prove the nets too, as certify does, and count those that are.")] = False,
    record: Annotated[bool, typer.Option("--record", help="Add what comes of it to tuning/trials.csv.")] = False,
    row: Annotated[int | None, typer.Option(min=1, help="Try a row of tuning/trials.csv again, the first is 1.")] = None,
) -> None:
    """Try a recipe on seeds and on inputs that are not reported: train in memory, score on validation sets.

    Example: nines tune increment-rnn --seeds 100-104 -S model.units=16 --length 100
    """
    if bool(experiment) == (row is not None):
        raise WrongInput("tune: expected the name of an experiment, or --row; give one of them")
    if row is not None and change:
        raise WrongInput("--set: expected no changes beside --row, which has its own; name the experiment in place of --row")
    from pipeline.commands.tune import run, run_again
    from pipeline.files.trials import Trial

    if row is not None:
        run_again(row, length, prove=prove, record=record)
    else:
        run(Trial(experiment, tuple(change or ()), seeds), length, prove=prove, record=record)


@app.command()
def explain(experiment: ExperimentName) -> None:
    """Say what an experiment is: its recipe, what the post did and what is changed, and what came out.

    Example: nines explain increment-rnn-post
    """
    known = _settings()
    from pipeline.commands.explain import explain

    explain(known, experiment)


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
def sync(
    again: Annotated[bool, typer.Option("--again", help="Look also at DVC experiments that were found logged before.")] = False,
) -> None:
    """Log to MLflow what the files say, and what DVC experiments have found, as far as it is not there yet.

    Example: nines sync
    """
    known = _settings()
    from pipeline.commands.progress import progress
    from pipeline.recording.sync import promote, sync

    with progress("sync"):
        logged = sync(known)
    for name, count in logged.items():
        print(f"{name}: {count} runs made or completed")
    if not logged:
        print("nothing to log: no trained experiment is here; train with 'dvc repro' or fetch with 'make pull'")
    for task, experiment in promote(known).items():
        print(f"models:/{task}@champion is {experiment} now")
    from pipeline.commands.experiments import sync_experiments

    for experiment, said in sync_experiments(again=again):
        print(f"DVC experiment {experiment}: {said}")


@app.command()
def repro(jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Experiments at a time.")] = 2) -> None:
    """Run what has changed of the study, several experiments side by side: for a cluster, on which each fills but a few cores.

    Example: nines repro --jobs 4
    """
    from pipeline.commands.repro import repro

    repro(_settings(), jobs)


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
def doctor(
    cluster: Annotated[
        bool, typer.Option("--cluster", help="Show the nodes of the Ray cluster that RAY_ADDRESS names, not this machine.")
    ] = False,
) -> None:
    """Show versions, device, MLflow store and DVC cache; or, with --cluster, nodes, and whether jobs can run there.

    Example: nines doctor
    """
    from pipeline.commands.doctor import examine, examine_cluster

    for name, finding in examine_cluster() if cluster else examine():
        print(f"{name:13} {finding}")
