"""The exact answer of a task as a rule that a browser can follow, found by holding each rule that is known here against the task's oracle.

A finite-state task brings its rule with it: its transducer.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.task import Task
from pipeline.core.transducer import Transducer

# One input ``[positions]`` and the number of answers, to ``[answers]``; the function of ``tasks.js`` by this name does the same. The first
# that fits is taken.
RULES: Mapping[str, Callable[[Array, int], Any]] = {
    "first": lambda inputs, answers: inputs[:1],
    "next": lambda inputs, answers: np.roll(inputs, -1)[-answers:],
    "reversed": lambda inputs, answers: inputs[:answers][::-1],
    "copied": lambda inputs, answers: inputs[:answers],
    "sum": lambda inputs, answers: [int(inputs.sum())],
    "sorted": lambda inputs, answers: np.sort(inputs)[-answers:],
}
# The most symbols whose order a rule may depend on.
MOST = 3

Rule = dict[str, Any]


def rule(task: Task, inputs: Sequence[Array]) -> Rule | None:
    """Return the rule that answers all of ``inputs`` as ``task`` does; ``None`` if none of those that are known here does."""
    if task.transducer:
        return {"kind": "transducer", **table(task.transducer)}
    answers = [task.oracle(row[None])[0] for row in inputs]
    pairs = list(zip(inputs, answers, strict=True))
    for kind, function in RULES.items():
        if all(np.array_equal(function(row, len(own)), own) for row, own in pairs):
            return {"kind": kind}
    return _order(pairs) if all(len(own) == 1 for own in answers) else None


def table(transducer: Transducer) -> Rule:
    """Write a transducer as tables: ``after[state][symbol]`` is the next state, ``writes[state][symbol]`` the output."""
    states, symbols = transducer.states, range(transducer.symbols)
    steps = [[transducer.step(state, symbol) for symbol in symbols] for state in states]
    return {
        "states": list(states),
        "after": [[states.index(after) for after, _ in row] for row in steps],
        "writes": [[output for _, output in row] for row in steps],
    }


def _order(pairs: Sequence[tuple[Array, Array]]) -> Rule | None:
    """Find the fewest symbols whose order among themselves decides the answer, whatever else is read."""
    symbols = sorted({int(symbol) for row, _ in pairs for symbol in row})
    for size in range(1, MOST + 1):
        for chosen in combinations(symbols, size):
            found: dict[tuple[int, ...], set[int]] = defaultdict(set)
            for row, own in pairs:
                found[tuple(row[np.isin(row, chosen)].tolist())].add(int(own[0]))
            # A rule, and no list of examples: each case has come up several times.
            if all(len(labels) == 1 for labels in found.values()) and 1 < len(found) <= len(pairs) / 8:
                return {"kind": "order", "of": list(chosen), "cases": [[list(word), labels.pop()] for word, labels in found.items()]}
    return None


def holding(transducer: Transducer) -> Rule | None:
    """Describe a run of one symbol that changes no state, once it has begun in each state; ``None`` if there is no such symbol.

    The first of ``heads`` leads to a state in which the machine answers otherwise than it reads, where there is one: there a net has
    something to keep in mind.
    """
    states = transducer.states
    symbols = (s for s in range(transducer.symbols) if all(transducer.step(state, s)[0] == state for state in states))
    symbol = next(symbols, None)
    if symbol is None or len(states) < 2:
        return None
    words: dict[str, list[int]] = {transducer.start: []}
    frontier = [transducer.start]
    while frontier:
        state = frontier.pop(0)
        for read in range(transducer.symbols):
            after = transducer.step(state, read)[0]
            if after not in words:
                words[after] = [*words[state], read]
                frontier.append(after)
    heads = [{"state": states.index(state), "word": word} for state, word in words.items()]
    return {"symbol": symbol, "heads": sorted(heads, key=lambda head: transducer.step(states[head["state"]], symbol)[1] == symbol)}
