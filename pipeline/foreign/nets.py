"""A net from a file: its weights as the prover reads them, and the same net in the framework that it is from.

What is read is held against the framework, where that is installed: both must give the same logits on random inputs.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.certification.nets.base import NotCertifiable
from pipeline.certification.nets.layered_net import LayeredNet
from pipeline.certification.nets.layers import Layer
from pipeline.core.errors import WrongInput

Symbols = NDArray[np.integer]
Singles = NDArray[np.float32]
Final = Literal["none", "softmax", "sigmoid"]
# Symbols ``[n, time]`` to the scores ``[n, outputs]`` after the last one, as the framework gives them.
Replay = Callable[[Symbols], NDArray[Any]]

# Scores may differ by this much, measured by the largest, for a net that is read rightly: frameworks round each in its own way.
AGREEMENT = 1e-3


class UnreadableNet(WrongInput):
    """A file that holds no net that can be proved; the message names the file, the layer, and what was expected."""


@dataclass(frozen=True)
class Reading:
    """What a file does not say, and a person may have to.

    Attributes:
        symbols: How many input symbols there are, as the machine has it; ``None`` if unknown.
        values: The numbers that are fed for the symbols, for a net with one input; ``None``: 0, 1, 2 and so on.
        threshold: For a net of one output without a sigmoid: above it the answer is 1.
        readout: The name of the linear layer, where a state dict has several.
        relu: A plain layer of a state dict has ReLU and not tanh.
    """

    symbols: int | None = None
    values: tuple[float, ...] | None = None
    threshold: float = 0.0
    readout: str | None = None
    relu: bool = False


@dataclass(frozen=True)
class ForeignNet:
    """A net from a file.

    Attributes:
        path: The file.
        framework: Keras, PyTorch or ONNX.
        net: What is proved about.
        final: What the file puts after the linear layer; the largest score stays the largest.
        threshold: Above which the only score means 1; ``None`` for nets of several scores.
        replay: The net in its framework; ``None`` where that is not installed or cannot run it.
        unreplayed: Why not.
        told: What was guessed or assumed while reading, a sentence each.
    """

    path: Path
    framework: str
    net: LayeredNet
    final: Final = "none"
    threshold: float | None = None
    replay: Replay | None = None
    unreplayed: str = ""
    told: tuple[str, ...] = field(default_factory=tuple)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def answers(self, inputs: Symbols) -> NDArray[np.intp]:
        """Answer ``[n, time]`` symbols in the framework: what it gives after the last one, ``[n]``."""
        if self.replay is None:
            raise ValueError(f"expected {self.framework} to be installed, got none")
        scores = np.asarray(self.replay(inputs))
        if self.threshold is not None:
            return (scores[:, 0] > self.threshold).astype(np.intp)
        return np.argmax(scores, axis=1)

    def own_scores(self, inputs: Symbols) -> Singles:
        """Return the scores after the last of ``[n, time]`` symbols in NumPy's float32, as the file's last layer has them."""
        state = np.zeros((len(inputs), self.net.width), np.float32)
        for symbols in inputs.T:
            state = self.net.advance(state, symbols)
        logits = self.net.logits(state)
        if self.threshold is not None:
            logits = logits[:, 1:]
        if self.final == "sigmoid":
            return np.float32(0.5) * np.tanh(np.float32(0.5) * logits) + np.float32(0.5)
        if self.final == "softmax":
            raised = np.exp(logits - logits.max(axis=1, keepdims=True))
            return raised / raised.sum(axis=1, keepdims=True)
        return logits

    def verified(self) -> "ForeignNet":
        """Return this net if its framework gives the same scores on random inputs, or cannot be asked.

        Raises:
            UnreadableNet: It does not: the file holds something that was not seen.
        """
        if self.replay is None:
            return self
        rng = np.random.default_rng(0)
        for length in (1, 2, 7):
            inputs = rng.integers(self.net.symbols, size=(5, length))
            given, own = np.asarray(self.replay(inputs), np.float64), self.own_scores(inputs).astype(np.float64)
            if given.shape != own.shape:
                raise UnreadableNet(f"{self.path}: expected scores of shape {own.shape} from {self.framework}, got {given.shape}")
            apart = np.abs(given - own).max(initial=0.0)
            if not apart <= AGREEMENT * (1 + np.abs(own).max(initial=0.0)):
                raise UnreadableNet(
                    f"{self.path}: expected a net that {self.framework} computes as its weights were read, "
                    f"got scores that differ by {apart:.3g}: it holds something that is not known here, or its options are not those given"
                )
        return self


def read(path: Path, reading: Reading) -> ForeignNet:
    """Read a net by the ending of its file: ``.keras``, ``.safetensors`` or ``.onnx``. Pickles are never loaded.

    Raises:
        UnreadableNet: The file is not there, of another kind, or holds a net that cannot be proved.
    """
    if not path.is_file():
        raise UnreadableNet(f"{path}: expected a net (.keras, .safetensors or .onnx), got no such file")
    match path.suffix:
        case ".keras":
            from pipeline.foreign.keras_files import read_keras as reader
        case ".safetensors":
            from pipeline.foreign.safetensors_files import read_safetensors as reader
        case ".onnx":
            from pipeline.foreign.onnx_files import read_onnx as reader
        case ".pt" | ".pth" | ".bin" | ".pkl":
            raise UnreadableNet(
                f"{path}: expected .safetensors, got a pickle, which may run any code; save the state dict with safetensors.torch"
            )
        case _:
            raise UnreadableNet(f"{path}: expected .keras, .safetensors or .onnx, got '{path.suffix}'")
    return reader(path, reading).verified()


def assembled(
    path: Path, framework: str, layers: Sequence[Layer], linear: tuple[Singles, Singles], table: Singles | None, final: Final,
    reading: Reading, told: Sequence[str],
) -> ForeignNet:  # fmt: skip
    """Put together what was read of a file; without a replay.

    Args:
        path: The file.
        framework: What it is a file of.
        layers: Its recurrent layers, that which reads the symbols first.
        linear: The linear layer's kernel ``[H, outputs]`` and bias ``[outputs]``. One output becomes two, the first of which always is the
            threshold.
        table: As of ``LayeredNet``.
        final: What comes after the linear layer.
        reading: Its threshold is that of one output without a sigmoid.
        told: What was guessed so far.

    Raises:
        UnreadableNet: The prover does not speak about such a net.
    """
    kernel, bias = linear
    threshold = None
    if kernel.shape[1] == 1:
        threshold = 0.5 if final == "sigmoid" else reading.threshold
        told = [*told, f"its only output means 1 above {threshold:g}, else 0"]
        logit = 0.0 if final == "sigmoid" else threshold
        kernel, bias = np.concatenate([np.zeros_like(kernel), kernel], axis=1), np.concatenate([np.array([logit], np.float32), bias])
    try:
        net = LayeredNet(tuple(layers), kernel, bias, table)
    except NotCertifiable as error:
        raise UnreadableNet(f"{path}: {error}") from None
    return ForeignNet(path, framework, net, final, threshold, None, f"{framework} is not installed", tuple(told))


def table_of(path: Path, name: str, inputs: int, reading: Reading) -> tuple[Singles | None, tuple[str, ...]]:
    """Say what a first layer of ``inputs`` reads for each symbol: a one-hot row (``None``), or a number.

    Raises:
        UnreadableNet: Neither fits.
    """
    if reading.values is None and inputs == (reading.symbols or inputs) and inputs > 1:
        return None, ()
    if inputs == 1 and (reading.values is not None or reading.symbols is not None):
        values = reading.values or tuple(range(reading.symbols or 0))
        if reading.symbols not in (None, len(values)):
            raise UnreadableNet(f"--values: expected a number for each of {reading.symbols} symbols, got {len(values)}")
        shown = ", ".join(f"{value:g}" for value in values[:12]) + (", …" if len(values) > 12 else "")
        return np.array(values, np.float32)[:, None], (f"symbols are fed as the numbers {shown}",)
    if reading.values is not None:
        raise UnreadableNet(f"--values: expected a net of one input for numbers, got {inputs} inputs of {name}")
    if reading.symbols is None:
        raise UnreadableNet(
            f"{path}: {name}: expected --values with the numbers that are fed for the symbols of its only input, got nothing"
        )
    raise UnreadableNet(
        f"{path}: {name}: expected {reading.symbols} inputs (one-hot) or 1 (a number) for {reading.symbols} symbols, got {inputs}"
    )
