"""How answers are written: alone for one input, as a table for many, as JSON for scripts."""

import json
from collections import Counter
from collections.abc import Iterator

from pipeline.commands.ask import Answer, Questions
from pipeline.commands.streams import note, print_table, watched

# Longest input or answer of a table on a terminal.
LONGEST_CELL = 20
VERDICTS = {True: "the net is right", False: "the net is wrong", None: "reals are not counted right or wrong"}
MARKS = {True: "yes", False: "NO", None: "–"}


def write(questions: Questions, as_json: bool = False) -> None:
    """Answer and print."""
    if as_json:
        _write_json(questions)
    elif questions.count == 1:
        _write_one(questions)
    else:
        _write_table(questions)


def _write_json(questions: Questions) -> None:
    """Print an object a line, each as soon as it is known."""
    for answer in questions.answers():
        checked = {"exact": answer.exact, "right": answer.right} if questions.check else {}
        print(json.dumps({"input": answer.input, "answer": answer.answer, **checked, "experiment": questions.experiment.name}), flush=True)


def _write_one(questions: Questions) -> None:
    (answer,) = _watched(questions)
    print(answer.answer)
    if questions.check:
        print(f"{answer.exact}  exact; {VERDICTS[answer.right]} ({questions.experiment.name})")


def _write_table(questions: Questions) -> None:
    tally: Counter[bool | None] = Counter()

    def rows() -> Iterator[tuple[str, ...]]:
        for answer in _watched(questions):
            tally[answer.right] += 1
            yield (answer.input, answer.answer, *([] if answer.exact is None else [answer.exact, MARKS[answer.right]]))

    columns = ["input", "answer", *(["exact", "right"] if questions.check else [])]
    print_table(columns, rows(), LONGEST_CELL)
    said = f"{tally[True]} of {questions.count} right: " if tally[True] or tally[False] else ""
    note(f"{said}{questions.experiment.name}")


def _watched(questions: Questions) -> Iterator[Answer]:
    return watched(questions.answers(), f"asking {questions.experiment.name} …", questions.count)
