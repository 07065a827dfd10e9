"""The demonstration: what one net answered at some steps of its training, with wrong symbols marked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.files.curves import Shown
from pipeline.reporting.inputs.results import Results

STEPS = 10
MISSING = "·"
# A longer input is written as text that may break into lines, and not symbol by symbol above the answer.
MOST_ALIGNED = 40

Symbols = tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """One step's input, exact answer and net's answer, symbol under symbol.

    Attributes:
        input: Its symbols, or the whole text if there are too many.
        wrong: Which of the answer's symbols are wrong. Where answers are real numbers, no digit is marked and ``verdict`` is empty.
    """

    step: int
    input: Symbols | str
    exact: Symbols
    answer: Symbols
    wrong: tuple[bool, ...]
    verdict: str


@dataclass(frozen=True)
class Demonstration:
    """Some ten steps of one net's training."""

    length: int
    seed: int
    answers: tuple[Answer, ...]


def demonstration(results: Results) -> Demonstration | None:
    """Choose evenly spaced steps of the first seed at its first length; ``None`` if training kept no answers."""
    if not results.demonstration:
        return None
    length, seed = min((shown.length, shown.seed) for shown in results.demonstration)
    by_step: dict[int, Shown] = {}
    for shown in results.demonstration:
        if (shown.length, shown.seed) == (length, seed):
            by_step.setdefault(shown.step, shown)
    steps = sorted(by_step)
    places = np.unique(np.linspace(0, len(steps) - 1, STEPS).round().astype(int))
    reals = "rmse" in results.metrics.scores
    return Demonstration(length, seed, tuple(_answer(by_step[steps[place]], reals) for place in places))


def _answer(shown: Shown, reals: bool) -> Answer:
    texts = (shown.input, shown.exact, shown.answer or "")
    words = reals or any(" " in text for text in texts)
    given, exact, answer = (tuple(text.split()) if words else tuple(text) for text in texts)
    aligned = len(given) <= MOST_ALIGNED and not reals
    symbols = max(len(exact), len(answer))
    width = max(symbols, len(given)) if aligned else symbols
    exact, answer = _filled(exact, width), _filled(answer, width)
    wrong = tuple(not reals and a != e for a, e in zip(answer, exact, strict=True))
    # Where the answer lacks a symbol, a mark stands in its place.
    shown_answer = tuple(MISSING if e and not a else a for a, e in zip(answer, exact, strict=True))
    verdict = "" if reals else f"{sum(wrong)} of {symbols} wrong" if any(wrong) else "right"
    return Answer(shown.step, _filled(given, width) if aligned else shown.input, exact, shown_answer, wrong, verdict)


def _filled(symbols: Sequence[str], width: int) -> Symbols:
    # At the front: texts of unequal length are numbers, and are aligned at their last digit.
    return (*("" for _ in range(width - len(symbols))), *symbols)
