"""What ``nines prove`` decides of a hundred ordinary nets: ``python -m benchmarks.ordinary_nets [--only keras] [--most N]``.

Plain Keras and PyTorch, as anybody would train them: one layer (SimpleRNN, LSTM, GRU) of 16, 32 or 64 units and a linear readout on one-hot
symbols, Adam with the framework's defaults, 4,000 random strings of 16 symbols, batches of 32, 60 epochs, no noise and no penalty. Tasks:
parity, addition (a column of two digits is one of 100 symbols), cycle navigation. A seed each. Each net is saved as ``.keras`` or
``.safetensors`` and read from there. ``ordinary_nets.csv`` has a row for each net; rows that are there already are not made anew.
"""

import csv
import hashlib
import itertools
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from pipeline.foreign.machines import Machine, of_task
from pipeline.foreign.nets import ForeignNet, Reading, read
from pipeline.foreign.proving import Outcome, prove

Array = NDArray[Any]

RESULTS = Path(__file__).with_suffix(".csv")
COUNT = 100
STRINGS, LENGTH, BATCH, EPOCHS = 4_000, 16, 32, 60
TESTS, LONG = 500, 100


@dataclass(frozen=True)
class Ordinary:
    """A net to train. Its seed draws the strings and, in the framework, initial weights and the order of batches."""

    framework: str
    layer: str
    units: int
    task: str
    seed: int

    @property
    def name(self) -> str:
        return f"{self.framework}-{self.layer}-{self.units}-{self.task}-{self.seed}"

    @property
    def file(self) -> str:
        return self.name + {"keras": ".keras", "torch": ".safetensors"}[self.framework]


@dataclass(frozen=True)
class Row:
    """A line of the results.

    Attributes:
        net: Its name: framework, layer, units, task, seed.
        sha256: Of the file.
        right_at_16: Share of new random strings of 16 symbols that it answers rightly at each symbol.
        right_at_100: The same of 100 symbols.
        verdict: proved, refuted or undecided.
        counterexample: Symbols of the shortest input found that it answers wrongly; empty unless refuted.
        sets: Sets of the proof; k: symbols a step; margin: in logits; empty unless proved.
        seconds: How long the prover took.
        stuck: Where it got stuck; empty unless undecided.
    """

    net: str
    sha256: str
    right_at_16: float
    right_at_100: float
    verdict: str
    counterexample: str
    sets: str
    k: str
    margin: str
    seconds: float
    stuck: str


def hundred() -> list[Ordinary]:
    """List the nets: all layers, units and tasks in both frameworks, then all again with further seeds, up to a hundred."""
    kinds = itertools.product((16, 32, 64), ("parity", "addition", "cycle_navigation"), ("rnn", "lstm", "gru"), ("keras", "torch"))
    every = [(units, task, layer, framework) for units, task, layer, framework in kinds]
    listed = (Ordinary(*of[::-1][:2], of[0], of[1], seed) for seed in itertools.count() for of in every)
    return list(itertools.islice(listed, COUNT))


def strings(net: Ordinary, machine: Machine, count: int, length: int, stream: int) -> tuple[Array, Array]:
    """Draw random strings and the machine's answers: ``[count, length]`` twice."""
    rng = np.random.default_rng([net.seed, stream])
    inputs = rng.integers(machine.transducer.symbols, size=(count, length))
    return inputs, machine.transducer.run(inputs)


def outputs_of(machine: Machine) -> int:
    return 1 + max(output for _, output in machine.transducer.transitions.values())


def with_keras(net: Ordinary, machine: Machine, path: Path, epochs: int) -> None:
    """Train and save a Keras net."""
    import keras

    keras.utils.set_random_seed(net.seed)
    kind = {"rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[net.layer]
    layers = [kind(net.units, return_sequences=True), keras.layers.Dense(outputs_of(machine))]
    model = keras.Sequential([keras.Input((None, machine.transducer.symbols)), *layers])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    inputs, targets = strings(net, machine, STRINGS, LENGTH, 0)
    model.fit(np.eye(machine.transducer.symbols, dtype=np.float32)[inputs], targets, batch_size=BATCH, epochs=epochs, verbose=0)
    model.save(path)


def with_torch(net: Ordinary, machine: Machine, path: Path, epochs: int) -> None:
    """Train and save a PyTorch net."""
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(net.seed)
    torch.set_num_threads(1)
    kind = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[net.layer]
    layer = kind(machine.transducer.symbols, net.units, batch_first=True)
    model = torch.nn.ModuleDict({"rnn": layer, "fc": torch.nn.Linear(net.units, outputs_of(machine))})
    optimizer, loss = torch.optim.Adam(model.parameters()), torch.nn.CrossEntropyLoss()
    inputs, targets = (torch.from_numpy(part) for part in strings(net, machine, STRINGS, LENGTH, 0))
    rows = torch.nn.functional.one_hot(inputs, machine.transducer.symbols).float()
    for _ in range(epochs):
        for batch in torch.randperm(len(rows)).split(BATCH):
            optimizer.zero_grad()
            logits = model["fc"](model["rnn"](rows[batch])[0])
            loss(logits.transpose(1, 2), targets[batch]).backward()
            optimizer.step()
    save_file(model.state_dict(), path)


TRAINERS: dict[str, Callable[[Ordinary, Machine, Path, int], None]] = {"keras": with_keras, "torch": with_torch}


def right(net: Ordinary, found: ForeignNet, machine: Machine, length: int) -> float:
    """Return the share of new random strings that the net answers rightly at each symbol, in NumPy's float32."""
    inputs, targets = strings(net, machine, TESTS, length, length)
    state, good = np.zeros((TESTS, found.net.width), np.float32), np.ones(TESTS, bool)
    for t in range(length):
        state, answers = found.net.step(state, inputs[:, t])
        good &= answers == targets[:, t]
    return float(good.mean())


def judged(net: Ordinary, path: Path, machine: Machine) -> Row:
    """Read a net's file and let the prover decide it."""
    found = read(path, Reading(symbols=machine.transducer.symbols))
    outcome: Outcome = prove(found, machine)
    proof, wrong = outcome.certificate, outcome.wrong
    return Row(
        net.name,
        hashlib.sha256(path.read_bytes()).hexdigest(),
        right(net, found, machine, LENGTH),
        right(net, found, machine, LONG),
        outcome.verdict,
        str(len(wrong.inputs)) if wrong else "",
        *((str(len(proof.nodes)), str(proof.k), f"{proof.margin:.4g}") if proof else ("", "", "")),
        round(outcome.seconds, 1),
        " | ".join(outcome.reasons),
    )


def main(
    folder: Annotated[Path, typer.Option(help="Where the nets are kept.")] = Path("ordinary_nets"),
    only: Annotated[str | None, typer.Option(help="Nets of this framework alone: keras or torch.")] = None,
    most: Annotated[int, typer.Option(min=1, help="So many nets, the first that have no row yet.")] = COUNT,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of training.")] = EPOCHS,
    results: Annotated[Path, typer.Option(help="The file of results.")] = RESULTS,
    train_only: Annotated[bool, typer.Option("--train-only", help="Train and keep nets, and prove nothing.")] = False,
) -> None:
    """Train a hundred ordinary nets and let the prover decide them."""
    folder.mkdir(parents=True, exist_ok=True)
    text = results.read_text(encoding="utf-8") if results.exists() else ""
    rows = {row["net"]: row for row in csv.DictReader(text.splitlines())}
    waiting = [net for net in hundred() if net.name not in rows and only in (None, net.framework)]
    for net in waiting[:most]:
        machine, path = of_task(net.task), folder / net.file
        if not path.exists():
            partial = path.with_name(f".partial-{path.name}")
            TRAINERS[net.framework](net, machine, partial, epochs)
            partial.replace(path)
        if train_only:
            continue
        row = judged(net, path, machine)
        rows[net.name] = {key: str(value) for key, value in asdict(row).items()}
        write(results, rows)
        print(f"{net.name}: {row.verdict} {row.counterexample or row.sets}, {row.seconds} s", file=sys.stderr, flush=True)
    print(", ".join(f"{verdict} {count}" for verdict, count in sorted(Counter(row["verdict"] for row in rows.values()).items())))


def write(results: Path, rows: dict[str, dict[str, str]]) -> None:
    """Write the rows in the order of the nets."""
    with results.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[net.name] for net in hundred() if net.name in rows)


if __name__ == "__main__":
    typer.run(main)
