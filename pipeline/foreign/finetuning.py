"""Train copies of a net on until one can be proved: for the owner of a net that is neither proved nor right everywhere.

Noise on the states pulls states after the same past together, and a late penalty keeps the recurrent weights small. The recipes of this
project have both from the first step; the sets of a proof need them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.nets.layered_net import LayeredNet
from pipeline.certification.nets.layers import Layer
from pipeline.certification.prover.prove import Effort
from pipeline.core.transducer import Transducer
from pipeline.experiment.training import TrainingParams
from pipeline.foreign import export, nets, proving
from pipeline.foreign.machines import Machine
from pipeline.foreign.nets import Reading
from pipeline.foreign.proving import PROVED, Outcome

# The standard deviation of the noise on hidden states, and the optimizer steps, of each round; a round begins from the given net again.
ROUNDS = ((0.1, 1000), (0.2, 3000), (0.3, 6000))
# Nets that are trained side by side, each with noise and batches of its own.
COPIES = 4
# An LSTM's noise: on its hidden state and on its cell, as shares of a round's.
LSTM_NOISE = (0.4, 2.0)
# How much less is tried for a copy than for the net itself: a copy that needs more is followed by another one.
SHORTER = 5
STRINGS, LENGTH = 4000, 20
# What outputs are compared on: random strings, and their symbols.
COMPARED, SYMBOLS = 200, 100


@dataclass(frozen=True)
class Moved:
    """How far the outputs of a copy are from those of the net that it was, on random strings.

    Attributes:
        outputs: How many outputs were compared.
        changed: How many of them are other ones.
        logits: By how much a logit differs: the mean, and the most.
    """

    outputs: int
    changed: int
    logits: tuple[float, float]


@dataclass(frozen=True)
class Finetuned:
    """A copy that was proved.

    Attributes:
        outcome: Its proof; ``outcome.net.path`` is the file that it was written to.
        noise: The standard deviation of the noise that it was trained on with.
        steps: For how many optimizer steps.
        moved: What that changed.
    """

    outcome: Outcome
    noise: float
    steps: int
    moved: Moved


def finetune(
    net: LayeredNet, machine: Machine, path: Path, effort: Effort | None = None, told: Callable[[str], None] = lambda line: None
) -> Finetuned | None:
    """Train copies of a net on with more and more noise, until one is proved to compute the machine; write that one.

    Training strings are random, but for symbols that repeat the one before, another share of them in each string; the machine says what is
    right after every symbol.

    Args:
        net: The net, which stays as it is.
        machine: What it should compute.
        path: Where to write the copy: ``.keras``, ``.safetensors`` or ``.onnx``. It gives logits after every symbol.
        effort: As of ``proving.prove``.
        told: Called with a line whenever something new begins.

    Returns:
        The copy, or ``None`` where none of ``COPIES`` in any of ``ROUNDS`` was proved; then nothing is written.

    Raises:
        NotExportable: That kind of file cannot hold such a net.
    """
    reading = Reading(net.symbols, _values(net))
    effort = effort or proving.effort_for(machine)
    brief = replace(effort, ks=effort.ks[:2], splits=effort.splits // SHORTER, work=effort.work // SHORTER)
    with TemporaryDirectory(dir=path.parent, prefix=".finetuning-") as folder:
        partial = Path(folder) / path.name
        export.write(net, partial)  # whether such a file can hold it is better known before than after
        for noise, steps in ROUNDS:
            told(f"training {COPIES} copies on for {steps:,} steps, with noise of {noise:g} on their states")
            for number, copy in enumerate(_trained(net, machine.transducer, noise, steps), start=1):
                told(f"proving copy {number} of {COPIES}, trained with noise of {noise:g}")
                export.write(copy, partial)
                outcome = proving.prove(nets.read(partial, reading), machine, brief, told)
                if outcome.verdict == PROVED:
                    moved = _moved(net, copy)
                    partial.replace(path)
                    return Finetuned(replace(outcome, net=replace(outcome.net, path=path)), noise, steps, moved)
    return None


def _values(net: LayeredNet) -> tuple[float, ...] | None:
    """Return the numbers that a net is fed for its symbols, if it is fed numbers."""
    return tuple(map(float, net.table[:, 0])) if net.table is not None and net.layers[0].inputs == 1 else None


def strings(machine: Transducer, count: int, length: int) -> NDArray[np.int64]:
    """Draw strings ``[count, length]`` of random symbols, in which some repeat the one before."""
    rng = np.random.default_rng(0)
    fresh = rng.random((count, length)) >= rng.random((count, 1))
    fresh[:, 0] = True
    last = np.maximum.accumulate(np.where(fresh, np.arange(length), 0), axis=1)
    return np.take_along_axis(rng.integers(machine.symbols, size=(count, length)), last, axis=1)


def _trained(net: LayeredNet, machine: Transducer, noise: float, steps: int) -> Iterator[LayeredNet]:
    """Train ``COPIES`` on, and yield them."""
    from pipeline.training.engine.batches import Schedule
    from pipeline.training.engine.data import Bucket, TrainingData
    from pipeline.training.engine.fit import Architecture, fit

    recipe = TrainingParams.model_validate(
        {
            "seeds": COPIES, "loss": "cross_entropy", "optimizer": "adam", "learning_rate": 0.005, "decay": "linear", "batch_size": 50,
            "order": "reshuffled", "steps": steps, "log_every": steps // 4, "l1": {"weight": 0.001, "after": 0.3},
        }
    )  # fmt: skip
    inputs = strings(machine, STRINGS, LENGTH)
    fed = np.eye(net.symbols, dtype=np.float32) if net.table is None else net.table
    schedules = [Schedule(seed, np.arange(STRINGS, dtype=np.int32)) for seed in range(COPIES)]
    data = TrainingData([Bucket(fed[inputs], machine.run(inputs), schedules)])
    run = fit(Architecture(lambda seeds: _network(net, noise, seeds), recipe), data)
    for _, trained in sorted(run.trained.items()):
        yield _layered(net, trained.weights)


def _network(net: LayeredNet, noise: float, seeds: tuple[int, ...]) -> Any:
    """Build the same net in the engine's layers, once for each seed; it reads what the first layer is fed, ``[S, B, T, D]``."""
    from pipeline.layers.basic import Encoding, Readout
    from pipeline.layers.networks import CausalNetwork

    layers = [_layer(f"recurrent_{place}", layer, noise, seeds) for place, layer in enumerate(net.layers)]
    units, outputs = net.readout.shape
    readout = Readout("readout", seeds, units, outputs, "glorot_uniform")
    network = CausalNetwork("finetuned", [*((one, None) for one in layers[:-1]), (layers[-1], readout)], Encoding(None))
    weights = {"readout/kernel": net.readout, "readout/bias": net.offset}
    for place, layer in enumerate(net.layers):
        weights |= {f"recurrent_{place}/{name}": value for name, value in _weights(layer).items()}
    network.assign([weights] * len(seeds))
    return network


def _layer(name: str, layer: Layer, noise: float, seeds: tuple[int, ...]) -> Any:
    from pipeline.layers.lstm import LSTM
    from pipeline.layers.recurrent import Elman
    from pipeline.models.gru.layers import GRU

    shape = layer.inputs, layer.units
    if layer.kind == "lstm":
        hidden, cell = (noise * share for share in LSTM_NOISE)
        return LSTM(name, seeds, *shape, "fused", forget_bias=0.0, noise=(hidden, cell))
    if layer.kind == "gru":
        return GRU(name, seeds, *shape, "fused", cast(Any, layer.reset), noise)
    return Elman(name, seeds, *shape, "fused", noise)


def _weights(layer: Layer) -> dict[str, NDArray[np.float32]]:
    """Return a layer's weights as the engine's layers name them; both biases are one, but for what a GRU's reset gate acts on."""
    found, more = {"kernel": layer.kernel, "recurrent_kernel": layer.recurrent}, layer.recurrent_bias
    if layer.reset == "after":
        found["candidate_bias"] = more[2 * layer.units :]
        more = np.concatenate([more[: 2 * layer.units], np.zeros_like(found["candidate_bias"])])
    return found | {"bias": layer.bias + more}


def _layered(net: LayeredNet, weights: dict[str, NDArray[np.float32]]) -> LayeredNet:
    """Put a copy's weights into the place of a net's."""
    layers = []
    for place, layer in enumerate(net.layers):
        own = {name.partition("/")[2]: value for name, value in weights.items() if name.startswith(f"recurrent_{place}/")}
        more = np.zeros_like(own["bias"])
        if "candidate_bias" in own:
            more[2 * layer.units :] = own["candidate_bias"]
        layers.append(replace(layer, kernel=own["kernel"], recurrent=own["recurrent_kernel"], bias=own["bias"], recurrent_bias=more))
    return replace(net, layers=tuple(layers), readout=weights["readout/kernel"], offset=weights["readout/bias"])


def _moved(before: LayeredNet, after: LayeredNet) -> Moved:
    inputs = np.random.default_rng(1).integers(before.symbols, size=(COMPARED, SYMBOLS))
    states = [np.zeros((COMPARED, net.width), np.float32) for net in (before, after)]
    apart, changed = [], 0
    for symbols in inputs.T:
        states = [net.advance(state, symbols) for net, state in zip((before, after), states, strict=True)]
        one, other = (net.logits(state) for net, state in zip((before, after), states, strict=True))
        apart.append(np.abs(one - other))
        changed += int((one.argmax(axis=1) != other.argmax(axis=1)).sum())
    return Moved(inputs.size, changed, (float(np.mean(apart)), float(np.max(apart))))
