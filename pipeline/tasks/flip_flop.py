"""What was written last into a memory of one bit, at every instruction.

Liu et al. (2023), "Exposing Attention Glitches with Flip-Flop Language Modeling", section 3: instructions write, ignore and read. There an
instruction and its bit are two tokens, and only what follows a read is asked. Here they are one symbol, a read has no bit, and the bit in
memory is asked at every symbol; before the first write it is 0.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.notation import InputError, quoted, read_words
from pipeline.core.sampled_task import SampledParams, Sampler
from pipeline.finite_state.machines import minimal, showing
from pipeline.finite_state.running import Running

WORDS = ("w0", "w1", "i0", "i1", "r")
# The shares of write and read in the paper's training data; of its sparse test sequences one in a hundred is a write.
WRITES, READS, SPARSE = 0.1, 0.1, 0.01


class FlipFlopParams(SampledParams):
    alphabet: ClassVar[int] = len(WORDS)


class FlipFlop(Running):
    """Instructions w0, w1 (write), i0, i1 (ignore) and r (read) to the bit in memory after each.

    Example:
        >>> task.oracle(np.array([[4, 1, 2, 4, 0]], dtype=np.uint8))
        array([[0, 1, 1, 1, 0]], dtype=uint8)
        >>> task.answer("r w1 i0 r w0")
        '01110'
    """

    Params = FlipFlopParams
    name = "flip_flop"
    version = 1
    outputs = 2
    transducer = minimal(0, len(WORDS), showing(lambda bit, word: word if word < 2 else bit), lambda bit: f"holds {bit}")

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw instructions as the paper's training data has them: ``[n, length]`` uint8."""
        return _drawn(rng, (n, length), WRITES)

    def sample_training(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw each sequence with a share of writes of its own, from 0 to 0.3: ``[n, length]`` uint8."""
        return _drawn(rng, (n, length), 3 * WRITES * rng.random((n, 1)))

    def families(self) -> Mapping[str, Sampler]:
        return {"random": self.sample, "sparse": lambda rng, n, length: _drawn(rng, (n, length), SPARSE), "runs": self._runs}

    def oracle(self, inputs: Array) -> Array:
        """Look up the last write: ``[n, length]`` instructions to ``[n, length]`` bits."""
        at = np.where(inputs < 2, np.arange(inputs.shape[1]), -1)
        last = np.maximum.accumulate(at, axis=1)
        return np.where(last < 0, 0, np.take_along_axis(inputs, np.maximum(last, 0), axis=1)).astype(np.uint8)

    def parse(self, text: str) -> Array:
        words = read_words(text)
        if not words or set(words) - set(WORDS):
            raise InputError(f"expected instructions w0, w1, i0, i1 and r such as 'w1 i0 r', got {quoted(text)}")
        return np.array([WORDS.index(word) for word in words], dtype=np.uint8)

    def show(self, inputs: Array) -> str:
        return " ".join(WORDS[word] for word in inputs.tolist())

    def render(self, inputs: Array, outputs: Array) -> str:
        return "".join(map(str, outputs.tolist()))


def _drawn(rng: np.random.Generator, shape: tuple[int, int], writes: Array | float) -> Array:
    """Draw instructions, ``writes`` of which are writes; of the others so many are reads that it is the paper's share for its writes."""
    bits, kinds, reads = rng.integers(2, size=shape), rng.random(shape), rng.random(shape)
    others = np.where(reads < READS / (1 - WRITES), 4, 2 + bits)
    return np.where(kinds < writes, bits, others).astype(np.uint8)


TASK = FlipFlop
