"""Train nets at one point of the study, and judge each along its training: its answers, its merged states, whether it is proved.

``python when.py 64 2`` in the study's folder: 64 training strings, initial weights twice as large as they are drawn, all else as
``params.yaml`` has it. The point's rows are put into ``when.csv``, in the place of older ones. ``python when.py`` draws ``when.png`` of
all rows and prints what came out. DVC and MLflow are not involved.

States merge as van Rossem and Saxe have it (2025, "Algorithm Development in Neural Networks: Insights from the Streaming Parity Task",
ICML): the histories are all strings of at most ten bits, and two of them that leave the same parity are equivalent, since what comes after
asks for the same answers.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from ruamel.yaml import YAML

from pipeline.certification.certificate import Certificate
from pipeline.certification.checker.checker import check
from pipeline.certification.nets.reading import read
from pipeline.certification.nets.tanh_net import PATHS
from pipeline.certification.prover.prove import Effort, prove
from pipeline.config import paths, settings
from pipeline.config.document import ParamsError
from pipeline.core.seeding import stream
from pipeline.execution.threads import Threads
from pipeline.experiment.entry import Experiment
from pipeline.files import checkpoints, datasets
from pipeline.files.checkpoints import Weights
from pipeline.files.datasets import Dataset
from pipeline.files.stage_files import Record, read_csv, write_csv
from pipeline.jobs import train
from pipeline.reporting.figures import style

TABLE = Path("when.csv")
PICTURE = Path("when.png")
TITLES = {"parity-rnn": "tanh, noise", "parity-rnn-plain": "tanh, plain", "parity-relu-plain": "ReLU, plain"}
ACTIVATIONS: Mapping[str, Callable[[Any], Any]] = {"simple_rnn": np.tanh, "relu_rnn": lambda z: np.maximum(z, 0)}
LENGTH = 10  # of the longest history
NEAR = 0.2  # states are merged within this share of the mean distance between states of different parity
LONG = {100: 30, 1000: 30}  # the tests at each point: strings of so many bits, and how many of them
LAST = (10_000, 30)  # the test of the last point
EFFORT = Effort(ks=(1, 2), splits=2, work=5_000)

Array = NDArray[Any]


class Row(Record):
    """One net at one point of its training; shares are between 0 and 1.

    Attributes:
        experiment: Its recipe.
        data: How many strings of ten bits it is trained on.
        gain: The scale of its initial weights.
        seed: Its seed.
        step: The optimizer steps that were done.
        trained: The share of its training strings of which all ten answers are right.
        ten: The same of all strings of ten bits.
        hundred: The same of 30 random strings of 100 bits.
        thousand: The same of 30 random strings of 1,000 bits.
        longest: The same of 30 random strings of 10,000 bits; at the end of the training alone.
        merged: The share of pairs of equivalent histories whose states lie within ``NEAR`` of each other.
        states: How many states there are of which no two lie so near.
        proved: Whether it is proved right at every length; ``None``: of a net that the prover does not speak of.
    """

    experiment: str
    data: int
    gain: float
    seed: int
    step: int
    trained: float
    ten: float
    hundred: float
    thousand: float
    longest: float | None
    merged: float
    states: int
    proved: bool | None


def stepped(weights: Weights, activation: Callable[[Any], Any], states: Array, bits: Array) -> Array:
    """Advance ``[n, units]`` float32 states by a bit each."""
    kernel, recurrent, bias = (weights[path] for path in PATHS[:3])
    return np.asarray(activation(kernel[bits] + states @ recurrent + bias))


def right(weights: Weights, activation: Callable[[Any], Any], strings: Array) -> Array:
    """Say of each of ``[n, length]`` bits whether the net's answer is right at every position; one whose logits are no numbers is wrong."""
    readout, offset = (weights[path] for path in PATHS[3:])
    state = np.zeros((len(strings), len(weights[PATHS[2]])), np.float32)
    whole, parity = np.ones(len(strings), bool), np.zeros(len(strings), np.int64)
    for bits in strings.T:
        with np.errstate(over="ignore", invalid="ignore"):  # rectified units may run away
            state, parity = stepped(weights, activation, state, bits), parity ^ bits
            logits = state @ readout + offset
        whole &= np.isfinite(logits).all(axis=1) & (np.argmax(logits, axis=1) == parity)
    return whole


def histories(weights: Weights, activation: Callable[[Any], Any], length: int = LENGTH) -> tuple[Array, Array]:
    """Return the state after each string of at most ``length`` bits, the shortest first, and its parity: ``[n, units]`` and ``[n]``."""
    states, parities = [np.zeros((1, len(weights[PATHS[2]])), np.float32)], [np.zeros(1, np.int64)]
    for _ in range(length):
        states.append(np.concatenate([stepped(weights, activation, states[-1], np.full(len(states[-1]), bit)) for bit in (0, 1)]))
        parities.append(np.concatenate([parities[-1] ^ bit for bit in (0, 1)]))
    return np.concatenate(states), np.concatenate(parities)


def merging(states: Array, parity: Array) -> tuple[float, int]:
    """Return the share of pairs of equivalent histories that have merged, and how many different states are left.

    Two states are different if they lie further apart than ``NEAR`` times the mean distance between states of different parity. They are
    counted one after the other, the shortest history first: each that differs from all that were counted.
    """
    groups = [states[parity == side] for side in (0, 1)]
    near = NEAR * _distances(*groups).mean()
    merged = pairs = 0
    for group in groups:
        merged += np.count_nonzero(_distances(group, group) <= near) - len(group)  # each pair twice
        pairs += len(group) * (len(group) - 1)
    left, count = states, 0
    while len(left):
        left, count = left[_distances(left[:1], left)[0] > near], count + 1
    return merged / pairs, count


def _distances(a: Array, b: Array) -> Array:
    """Return the distances ``[n, m]`` between the rows of two float32 arrays."""
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0))


def proved(experiment: Experiment, weights: Weights) -> bool:
    """Say whether the prover certifies the net and the checker agrees."""
    transducer = experiment.task.transducer
    assert transducer is not None
    net = read(experiment.model.model_dump(), dict(weights), transducer.symbols)
    found = prove(net, transducer, experiment.task.name, EFFORT)
    if not isinstance(found, Certificate):
        return False
    with tempfile.TemporaryDirectory() as folder:
        proof, file = Path(folder) / "proof.json", Path(folder) / "weights.npz"
        found.save(proof)
        checkpoints.save(weights, file)
        check(proof, file, transducer, net.description())
    return True


class Strings(NamedTuple):
    """What nets are asked: random strings by their length, and all strings of ten bits with those that each seed trains on."""

    random: dict[int, Array]
    ten: Array
    trained_on: dict[int, Array]


def strings(dataset: Dataset, seeds: Iterable[int]) -> Strings:
    """Draw the random strings; the others are the task's frozen examples."""
    random = {length: stream(0, "when", length).integers(2, size=(n, length)).astype(np.int64) for length, n in (*LONG.items(), LAST)}
    pool = dataset.pools[LENGTH].inputs.astype(np.int64)
    return Strings(random, pool, {seed: dataset.split(LENGTH, seed)[0] for seed in seeds})


def judged(experiment: Experiment, seed: int, kept: Mapping[int, Weights], asked: Strings) -> Iterator[Row]:
    """Judge one net at each point of its training."""
    model: Any = experiment.model
    task: Any = experiment.task.params
    activation = ACTIVATIONS[model.name]
    for step, weights in kept.items():
        ten = right(weights, activation, asked.ten)
        hundred, thousand = (float(right(weights, activation, asked.random[length]).mean()) for length in LONG)
        merged, states = merging(*histories(weights, activation))
        wrong = not ten.all() or hundred < 1 or thousand < 1
        yield Row(
            experiment=experiment.name,
            data=task.training_examples,
            gain=model.gain,
            seed=seed,
            step=step,
            trained=float(ten[asked.trained_on[seed]].mean()),
            ten=float(ten.mean()),
            hundred=hundred,
            thousand=thousand,
            longest=float(right(weights, activation, asked.random[LAST[0]]).mean()) if step == max(kept) else None,
            merged=merged,
            states=states,
            proved=None if model.name != "simple_rnn" else not wrong and proved(experiment, weights),
        )


def at_point(data: int, gain: float) -> list[Experiment]:
    """Read the study's experiments with so many training strings and this scale of the initial weights.

    Raises:
        ParamsError: There are not so many strings, or the scale is not positive.
    """
    document = YAML(typ="safe").load(paths.params().read_text(encoding="utf-8"))
    document["tasks"]["parity"] |= {"training_examples": data, "validation_examples": 2**LENGTH - data}
    for entry in document["experiments"].values():
        entry["model"]["gain"] = gain
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "params.yaml"
        YAML(typ="safe").dump(document, path)
        try:
            return list(settings.read(path).experiments.values())
        except ParamsError as error:
            raise ParamsError(str(error).replace(str(path), str(paths.params())).partition("\n")[0]) from None


def measured(experiment: Experiment) -> list[Row]:
    """Train all nets of an experiment and judge them."""
    with tempfile.TemporaryDirectory() as name:
        datasets.freeze(experiment.task, Path(name) / "data")
        dataset = datasets.load(Path(name) / "data")
        runs = Threads().run(train.jobs(experiment, repr(experiment)), dataset, Path(name) / "unfinished")
    nets = {seed: kept for run in runs for seed, kept in run.kept.items()}
    asked = strings(dataset, nets)
    return [row for seed, kept in sorted(nets.items()) for row in judged(experiment, seed, kept, asked)]


def known() -> list[Row]:
    """Read the table; no rows where there is none yet."""
    return list(read_csv(TABLE, Row, "train")) if TABLE.exists() else []


def write(rows: Iterable[Row]) -> None:
    """Write the table, shares to four digits."""
    ordered = sorted(rows, key=lambda row: (row.experiment, row.data, row.gain, row.seed, row.step))
    lines = [[f"{v:.4g}" if isinstance(v, float) else v for v in row.model_dump().values()] for row in ordered]
    write_csv(TABLE, Row.model_fields, lines)


def first(rows: Iterable[Row], holds: Callable[[Row], bool | None]) -> int | None:
    """Return the first step at which something holds of a net; ``None`` if it never does."""
    return min((row.step for row in rows if holds(row)), default=None)


def nets(rows: Iterable[Row]) -> dict[tuple[str, int, float], dict[int, list[Row]]]:
    """Group rows by point (experiment, training strings, scale) and seed, each net's rows in the order of its training."""
    found: dict[tuple[str, int, float], dict[int, list[Row]]] = {}
    for row in sorted(rows, key=lambda row: row.step):
        found.setdefault((row.experiment, row.data, row.gain), {}).setdefault(row.seed, []).append(row)
    return found


def by_tests(row: Row) -> bool:
    """Say whether a net is right by the measure of van Rossem and Saxe, figure 9: on 30 strings of 100 bits."""
    return row.hundred == 1


def by_proof(row: Row) -> bool:
    """Say whether a net is proved right at every length."""
    return bool(row.proved)


def along(axes: Axes, seeds: Mapping[int, list[Row]]) -> None:
    """Draw how many different states each seed has over its training, and where it is right by tests and by proof for the first time."""
    for rows in seeds.values():
        axes.plot([row.step for row in rows], [row.states for row in rows], color=style.MUTED, linewidth=0.9)
        for holds, colour, mark in ((by_tests, style.SECOND, "x"), (by_proof, style.THIRD, "o")):
            step = first(rows, holds)
            at = [row.states for row in rows if row.step == step]
            axes.plot([step] * len(at), at, color=colour, marker=mark, markersize=5, linestyle="")
    axes.set(xlabel="optimizer steps", ylabel="different states", yscale="log", ylim=(2, 2500), xlim=(0, None))


def phases(axes: Axes, cells: Mapping[tuple[int, float], dict[int, list[Row]]]) -> None:
    """Draw, for each number of training strings and each scale, how many nets are right by tests at the end, and how many are proved."""
    amounts, gains = (sorted({key[place] for key in cells}) for place in (0, 1))
    shares = np.full((len(gains), len(amounts)), np.nan)
    for (amount, gain), seeds in cells.items():
        last = [rows[-1] for rows in seeds.values()]
        tests, proofs = (sum(map(holds, last)) for holds in (by_tests, by_proof))
        unknown = any(row.proved is None for row in last)
        j, i = amounts.index(amount), gains.index(gain)
        shares[i, j] = (tests if unknown else proofs) / len(last)
        dark = shares[i, j] > 0.6
        axes.text(
            j, i, f"{tests}" if unknown else f"{tests} | {proofs}", ha="center", va="center", fontsize=8,
            color=style.CARD if dark else style.INK,
        )  # fmt: skip
    axes.imshow(shares, cmap="Greens", vmin=0, vmax=1, aspect="auto", origin="lower")
    axes.grid(visible=False)
    axes.set_xticks(range(len(amounts)), [str(amount) for amount in amounts])
    axes.set_yticks(range(len(gains)), [f"{gain:g}" for gain in gains])
    axes.set(xlabel="training strings, of 1,024", ylabel="scale of initial weights")


def picture(rows: list[Row]) -> style.Picture:
    """Put the states that merge, of the middle point, above the phases, a column for each experiment."""
    grouped = nets(rows)
    amounts, gains = (sorted({key[place] for key in grouped}) for place in (1, 2))
    amount, gain = amounts[len(amounts) // 2], min(gains, key=lambda gain: abs(gain - 1))
    upper, lower = [], []
    for name, title in TITLES.items():
        cells = {key[1:]: seeds for key, seeds in grouped.items() if key[0] == name}
        if (amount, gain) in cells:
            alt = f"{title}: each seed's number of different states over its training, and where it is right by tests and by proof"
            upper.append(style.Panel(f"{title}: {amount} strings, scale {gain:g}", alt, partial(along, seeds=cells[amount, gain])))
        alt = f"{title}: over training strings and scale, how many of ten nets are right at the end"
        lower.append(style.Panel(f"{title}: of ten nets", alt, partial(phases, cells=cells)))
    legend = (
        style.Key("a net", style.MUTED),
        style.Key("first right on 30 strings of 100 bits", style.SECOND, mark="x"),
        style.Key("first proved right at every length", style.THIRD, mark="o"),
    )
    caption = (
        "States merge, then the proof closes. Below: nets right on 30 strings of 100 bits when training ends | proved right at every length"
    )
    return style.Picture("when", caption, (*upper, *lower), legend)


def said(rows: list[Row]) -> Iterator[str]:
    """Say in a line for each point how many nets are right at the end, and when they became so: least, median and greatest first step."""
    for (name, amount, gain), seeds in sorted(nets(rows).items()):
        last = [own[-1] for own in seeds.values()]
        parts = [f"{name}, {amount} strings, scale {gain:g}:"]
        for words, holds in (("tests", by_tests), ("proof", by_proof)):
            steps = sorted(step for own in seeds.values() if (step := first(own, holds)) is not None)
            when = f", first at {steps[0]}, {np.median(steps):g}, {steps[-1]}" if steps else ""
            parts.append(f"{sum(map(holds, last))} of {len(last)} by {words}{when};")
        parts.append(f"merged {min(r.merged for r in last):.2f} to {max(r.merged for r in last):.2f}")
        yield " ".join(parts)


def main(words: list[str]) -> int:
    """Train and judge the point that ``words`` name, or draw; return the exit code."""
    rows = known()
    if not words:
        PICTURE.write_bytes(style.png(picture(rows)))
        print("\n".join(said(rows)))
        return 0
    try:
        data, gain = words
        experiments = at_point(int(data), float(gain))
    except ParamsError as error:
        print(error, file=sys.stderr)
        return 2
    except ValueError:
        print(f"usage: python when.py [strings scale], such as 64 2; got {' '.join(words)}", file=sys.stderr)
        return 2
    for experiment in experiments:
        new = measured(experiment)
        point = (experiment.name, int(data), float(gain))
        rows = [row for row in rows if (row.experiment, row.data, row.gain) != point] + new
        print("\n".join(said(new)), flush=True)
    write(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
