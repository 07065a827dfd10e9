"""The commands that DVC runs, one for each stage: read ``params.yaml``, run the stage, log to MLflow what it wrote."""

import sys
from typing import TYPE_CHECKING

from pipeline.commands.arguments import ExperimentName, TaskName
from pipeline.commands.machines import machines

if TYPE_CHECKING:
    from pipeline.config.study import Settings


def _begun(stage: str) -> "Settings":
    """Read ``params.yaml``, and say where the stage stands in the study."""
    from pipeline.commands.disk import require_writable
    from pipeline.commands.position import announce
    from pipeline.config import paths, settings

    known = settings.read()
    require_writable(paths.data())
    announce(known, stage)
    return known


def freeze(task: TaskName) -> None:
    """Draw a task's datasets and write them to data/datasets/TASK.

    Example: nines freeze increment
    """
    from pipeline.config import paths
    from pipeline.stages import freeze

    chosen = _begun(f"freeze@{task}").task(task)
    freeze.run(task, chosen.params, paths.datasets(task))


def train(experiment: ExperimentName) -> None:
    """Train every seed of an experiment and write data/models/EXPERIMENT.

    Example: nines train increment-rnn-post
    """
    known = _begun(f"train@{experiment}")
    chosen = known.experiment(experiment)
    with machines() as on:
        from pipeline.commands.position import expected
        from pipeline.commands.progress import progress
        from pipeline.layers import xla
        from pipeline.recording import sync
        from pipeline.stages import train
        from pipeline.stages.clock import timed

        device = on.device or xla.device
        about = expected(known, f"train@{experiment}")
        with progress(f"train {experiment}", about) as watch, timed("train", experiment, device, on.machine):
            notices = train.run(chosen, watch, on.executor or train.LOCAL)
        for notice in notices:
            print(f"warning: {notice}", file=sys.stderr)
    sync.log_results(chosen, "training", device(), on.kinds())


def evaluate(experiment: ExperimentName) -> None:
    """Score an experiment's nets at every length and write data/results/EXPERIMENT.

    Example: nines evaluate increment-rnn-post
    """
    known = _begun(f"evaluate@{experiment}")
    chosen = known.experiment(experiment)
    with machines() as on:
        from pipeline.commands.position import expected
        from pipeline.commands.progress import Counting, progress
        from pipeline.layers import xla
        from pipeline.recording import sync
        from pipeline.stages import evaluate
        from pipeline.stages.clock import timed

        about = expected(known, f"evaluate@{experiment}")
        with progress(f"evaluate {experiment}", about) as watch, timed("evaluate", experiment, on.device or xla.device, on.machine):
            evaluate.run(chosen, on.executor or Counting(evaluate.LOCAL, watch, "training lengths"))
    sync.log_results(chosen, "evaluation", processors=on.kinds())


def certify(experiment: ExperimentName) -> None:
    """Prove an experiment's nets right at every length, or say where that got stuck; write data/certificates/EXPERIMENT.

    Example: nines certify increment-rnn
    """
    known = _begun(f"certify@{experiment}")
    with machines() as on:
        from pipeline.commands.position import expected
        from pipeline.commands.progress import Counting, progress
        from pipeline.recording import sync
        from pipeline.stages import certify
        from pipeline.stages.clock import timed

        chosen = known.experiment(experiment)
        about = expected(known, f"certify@{experiment}")
        # The prover runs on NumPy.
        with progress(f"certify {experiment}", about) as watch, timed("certify", experiment, lambda: "cpu:0", on.machine) as seconds:
            seconds.update(certify.run(chosen, known.certificate(experiment), on.executor or Counting(certify.LOCAL, watch, "nets")))
    sync.log_results(chosen, "certification", processors=on.kinds())


def guarantee(experiment: ExperimentName) -> None:
    """Prove how far an experiment's nets are right that sort or count, and write data/certificates/EXPERIMENT."""
    known = _begun(f"guarantee@{experiment}")
    chosen = known.guaranteed(experiment)
    from pipeline.commands.progress import progress
    from pipeline.stages import guarantee
    from pipeline.stages.clock import timed

    # The provers run on NumPy.
    with progress(f"guarantee {experiment}") as watch, timed("guarantee", experiment, lambda: "cpu:0") as seconds:
        seconds.update(guarantee.run(chosen, watch))


def report() -> None:
    """Write the report on all experiments to data/report.

    Example: nines report
    """
    known = _begun("report")
    from pipeline.commands.progress import progress
    from pipeline.config import paths
    from pipeline.recording import sync
    from pipeline.stages import report

    board = known.board.experiments if known.board else None
    experiments = known.experiments.values() if board is None else report.evaluated(known.experiments.values(), paths.data())
    with progress("report") as watch:
        report.run(experiments, paths.data(), board)
        for place, experiment in enumerate(experiments):
            watch("experiments logged", place, len(experiments), {})
            sync.log_results(experiment, "evaluation")
        sync.promote_champions(known)
