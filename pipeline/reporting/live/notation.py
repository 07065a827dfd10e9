"""How a task writes its inputs and its answers, as data that a browser can read and write with.

It is found by asking the task: what its own ``parse``, ``show`` and ``render`` do with examples. What does not fit all of them is refused,
so a page never shows a text that the task would write otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pipeline.core.examples import IGNORE, Array
from pipeline.core.notation import InputError
from pipeline.core.task import Task

EXAMPLES = 60
# Rounds of examples until every symbol has been seen; one that never comes up has no name.
ROUNDS = 40


class NoNotation(ValueError):
    """A task whose texts are not symbols in a row; the message says which."""


@dataclass(frozen=True)
class Written:
    """Symbols in a row, as text.

    Attributes:
        words: Whether each is a word, with spaces between them, and not a character.
        backwards: Whether the last symbol is written first.
        names: The name of each symbol; empty for one that no text has.
        leading: The name that is left out at the beginning of a text, as zeros are in numbers; empty: none.
    """

    words: bool
    backwards: bool
    names: tuple[str, ...]
    leading: str = ""

    def write(self, symbols: Sequence[int]) -> str:
        """Write ``symbols``, in the order in which they are read or answered."""
        tokens = [self.names[symbol] for symbol in symbols]
        tokens = tokens[::-1] if self.backwards else tokens
        if self.leading:
            first = next((i for i, token in enumerate(tokens) if token != self.leading), len(tokens) - 1)
            tokens = tokens[first:]
        return (" " if self.words else "").join(tokens)


@dataclass(frozen=True)
class Notation:
    """How a task's inputs and answers are written.

    Attributes:
        inputs: The symbols that a person writes.
        suffix: Symbols that stand behind them in every input.
        cell: The symbol that stands behind them as often as there are symbols; ``None``: none does.
        outputs: The answers.
        free: Whether every row of named symbols is an input.
    """

    inputs: Written
    suffix: tuple[int, ...]
    cell: int | None
    outputs: Written
    free: bool

    def filled(self, symbols: Sequence[int]) -> list[int]:
        """Return the input that a net reads where a person has written ``symbols``."""
        cells = [] if self.cell is None else [self.cell] * len(symbols)
        return [*symbols, *self.suffix, *cells]


def examples(task: Task, rng: np.random.Generator, n: int, lengths: Sequence[int]) -> list[tuple[str, Array]]:
    """Draw up to ``n`` inputs of each length as a person writes them, with what the task reads there."""
    texts = [task.show(row) for length in lengths for row in task.sample(rng, n, length)]
    return [(text, task.parse(text)) for text in dict.fromkeys(texts)]


def notation(task: Task, length: int, lengths: Sequence[int]) -> Notation:
    """Find how ``task`` writes inputs of ``lengths`` and the answers of nets that were trained at ``length``.

    Raises:
        NoNotation: Its texts are not symbols in a row.
    """
    spec = task.spec(length)
    if spec.inputs is None or spec.outputs is None:
        raise NoNotation(f"{task.name}: expected symbols, got reals")
    rng = np.random.default_rng(0)
    pairs = examples(task, rng, EXAMPLES, lengths)
    for _ in range(ROUNDS):
        read = _inputs(pairs, spec.inputs)
        if read is None:
            raise NoNotation(f"{task.name}: expected inputs that are symbols in a row, got such as {pairs[0][0]!r}")
        written, suffix, cell = read
        if all(written.names):
            break
        pairs += examples(task, rng, EXAMPLES, lengths)
    outputs = _outputs(task, [inputs for _, inputs in pairs[: 4 * EXAMPLES]], spec.outputs, rng)
    found = Notation(written, suffix, cell, outputs, free=False)
    return replace(found, free=_free(task, found, rng))


def _inputs(pairs: Sequence[tuple[str, Array]], size: int) -> tuple[Written, tuple[int, ...], int | None] | None:
    for words in (True, False):
        tokens = [text.split() if words else list(text) for text, _ in pairs]
        behind = [inputs[len(own) :].tolist() for own, (_, inputs) in zip(tokens, pairs, strict=True)]
        filling = _filling(tokens, behind)
        if filling is None:
            continue
        for backwards in (False, True):
            rows = [inputs[: len(own)] for own, (_, inputs) in zip(tokens, pairs, strict=True)]
            names = _names(tokens, rows, backwards, size)
            if names:
                return Written(words, backwards, names), *filling
    return None


def _filling(tokens: Sequence[list[str]], behind: Sequence[list[int]]) -> tuple[tuple[int, ...], int | None] | None:
    if all(own == behind[0] for own in behind):
        return tuple(behind[0]), None
    cells = {symbol for own in behind for symbol in own}
    if len(cells) == 1 and all(len(own) == len(row) for own, row in zip(tokens, behind, strict=True)):
        return (), cells.pop()
    return None


def _names(tokens: Sequence[list[str]], rows: Sequence[Any], backwards: bool, size: int) -> tuple[str, ...] | None:
    """Name the symbols so that all ``rows`` are written as ``tokens``; ``None`` where they cannot be, as columns of digits."""
    names = [""] * size
    for own, row in zip(tokens, rows, strict=True):
        if len(own) != len(row):
            return None
        for token, symbol in zip(reversed(own) if backwards else own, row, strict=True):
            if names[symbol] not in ("", token):
                return None
            names[symbol] = token
    known = [name for name in names if name]
    return tuple(names) if len(set(known)) == len(known) else None


def _outputs(task: Task, inputs: Sequence[Array], size: int, rng: np.random.Generator) -> Written:
    pairs = []
    for row in inputs:
        answers = task.oracle(row[None])[0]
        drawn = rng.integers(size, size=len(answers)).astype(answers.dtype)
        # At greater lengths than the net's, an exact answer may be a symbol that the net does not have.
        pairs += [(task.render(row, own), own) for own in (np.where(answers == IGNORE, answers, drawn), answers) if own.max() < size]
    for words in (True, False):
        for backwards in (False, True):
            found = _answers(pairs, words, backwards, size)
            if found:
                return found
    raise NoNotation(f"{task.name}: expected answers that are symbols in a row, got such as {pairs[0][0]!r}")


def _answers(pairs: Sequence[tuple[str, Array]], words: bool, backwards: bool, size: int) -> Written | None:
    split = [(text.split() if words else list(text), row) for text, row in pairs]
    whole = [(tokens, row) for tokens, row in split if len(tokens) == len(row)]
    names = _names([tokens for tokens, _ in whole], [row for _, row in whole], backwards, size) if whole else None
    for leading in ("", *(name for name in names or () if name)):
        written = Written(words, backwards, names or (), leading)
        if names and all(written.write(row.tolist()) == text for text, row in pairs if all(names[symbol] for symbol in row)):
            return written
    return None


def _free(task: Task, notation: Notation, rng: np.random.Generator) -> bool:
    known = [symbol for symbol, name in enumerate(notation.inputs.names) if name]
    for length in (1, 2, 5, 9):
        for _ in range(10):
            symbols = rng.choice(known, size=length).tolist()
            try:
                read = task.parse(notation.inputs.write(symbols)).tolist()
            except InputError:
                return False
            if read != notation.filled(symbols):
                return False
    return True
