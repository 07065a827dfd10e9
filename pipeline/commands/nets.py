"""The commands for nets as files: prove one that was made elsewhere, learn its machine, write one of ours."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.arguments import ExperimentName
from pipeline.commands.net_arguments import (
    Alphabet,
    EffortShare,
    Finetuned,
    MachineFile,
    MachineFolder,
    MachineTask,
    MostStates,
    NetFile,
    Nonlinearity,
    OneJson,
    Outputs,
    ProofFile,
    ReadoutName,
    SymbolCount,
    Threshold,
    Values,
)


def prove(
    net: NetFile, task: MachineTask = None, machine: MachineFile = None, out: ProofFile = None, as_json: OneJson = False,
    alphabet: Alphabet = None, outputs: Outputs = None, values: Values = None, threshold: Threshold = 0.0, readout: ReadoutName = None,
    nonlinearity: Nonlinearity = "tanh", effort: EffortShare = 1.0,
    finetune: Finetuned = None,
) -> None:  # fmt: skip
    """Prove that a net of your own is right on inputs of every length, or find one that it answers wrongly.

    With --finetune a net without a proof is followed by a copy that has one. Exit codes: 0 proved, 1 refuted, 2 invalid input, 3 undecided.

    Example: nines prove my_net.keras --task parity
    """
    from pipeline.commands import prove

    chosen = prove.machine_named(task, machine, alphabet, outputs)
    given = prove.reading(chosen.transducer.symbols, values, threshold, readout, nonlinearity)
    raise typer.Exit(prove.prove(net, chosen, given, out, effort, as_json, finetune))


def discover(
    net: NetFile, out: MachineFolder = None, as_json: OneJson = False, symbols: SymbolCount = None, values: Values = None,
    threshold: Threshold = 0.0, readout: ReadoutName = None, nonlinearity: Nonlinearity = "tanh", states: MostStates = 60,
) -> None:  # fmt: skip
    """Learn the finite-state machine that a net of your own computes, and prove it at every length where that succeeds.

    Exit codes: 0 proved, 2 invalid input, 3 a hypothesis.

    Example: nines discover my_net.keras --out .
    """
    from pipeline.commands.discover import discover
    from pipeline.commands.prove import reading

    raise typer.Exit(discover(net, reading(symbols, values, threshold, readout, nonlinearity), out, states, as_json))


def bundle(
    experiment: ExperimentName, out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path(),
) -> None:  # fmt: skip
    """Write all there is of an experiment as one zip: weights, exported nets, proofs and their checker, card, figures.

    Example: nines bundle increment-rnn
    """
    from pipeline.commands.bundle import bundle
    from pipeline.commands.progress import progress
    from pipeline.config import settings

    chosen = settings.read().experiment(experiment)
    with progress(f"bundle {experiment}") as watch:
        path = bundle(chosen, out, watch)
    print(path)


def export(
    experiment: ExperimentName, seed: Annotated[int, typer.Option(help="Which of its nets.")] = 0,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path(),
    format: Annotated[list[str] | None, typer.Option(help="keras, safetensors or onnx; more than once for several; else all.")] = None,
) -> None:  # fmt: skip
    """Write a trained net as plain Keras layers, as a PyTorch state dict and as ONNX.

    Example: nines export increment-rnn --seed 0 --out .
    """
    from pipeline.commands.export import export
    from pipeline.config import settings

    for path, fault in export(settings.read().experiment(experiment), seed, out, format or []):
        print(f"not written: {fault}" if fault else path)
