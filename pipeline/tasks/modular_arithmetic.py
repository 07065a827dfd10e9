"""The value modulo 5 of an expression with plus, minus and times, times first, at every symbol.

Delétang et al. (2023), "Neural Networks and the Chomsky Hierarchy", Table 1, "modular arithmetic (simple)". As in the paper's code, and not
as in its remark on five states, times binds more strongly than plus. The paper asks at the end only; here the value so far is asked
everywhere: after an operator, the value before it. What is no expression, such as two digits in a row, has none from there on.
"""

from collections.abc import Mapping

import numpy as np

from pipeline.core.examples import Array
from pipeline.core.notation import read_characters
from pipeline.core.sampled_task import SampledParams, Sampler
from pipeline.finite_state.machines import minimal
from pipeline.finite_state.running import Running

SYMBOLS = "01234+-*"
BASE = 5
PLUS, MINUS, TIMES = range(BASE, len(SYMBOLS))
WRONG = BASE

# Either the sum of all finished terms and what the next digit is multiplied by, or that sum and the last term; or nothing more to say.
State = tuple[str, int, int]
NO_VALUE: State = ("no expression", 0, 0)


def _rule(state: State, symbol: int) -> tuple[State, int]:
    expected, total, term = state
    if expected == "digit" and symbol < BASE:
        product = term * symbol % BASE
        return ("operator", total, product), (total + product) % BASE
    if expected == "operator" and symbol >= BASE:
        value = (total + term) % BASE
        return ("digit", *{PLUS: (value, 1), MINUS: (value, BASE - 1), TIMES: (total, term)}[symbol]), value
    return NO_VALUE, WRONG


class ModularArithmeticParams(SampledParams):
    @classmethod
    def space(cls, length: int) -> float:
        """Count the expressions of digits and operators in turns."""
        return float(BASE) ** -(-length // 2) * 3.0 ** (length // 2)


class ModularArithmetic(Running):
    """Digits and operators to the value so far, ``?`` where there is none.

    Example:
        >>> task.oracle(task.parse("2+3*4")[None])
        array([[2, 2, 0, 0, 4]], dtype=uint8)
        >>> task.answer("2+3*4")
        '22004'
        >>> task.answer("4-12")
        '443?'
    """

    Params = ModularArithmeticParams
    name = "modular_arithmetic"
    version = 1
    outputs = BASE + 1
    transducer = minimal(("digit", 0, 1), len(SYMBOLS), _rule, lambda state: " ".join(map(str, state)) if state != NO_VALUE else state[0])

    def sample(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw expressions, digits and operators in turns: ``[n, length]`` uint8."""
        digits, operators = rng.integers(BASE, size=(n, length)), rng.integers(PLUS, TIMES, size=(n, length), endpoint=True)
        return np.where(np.arange(length) % 2, operators, digits).astype(np.uint8)

    def sample_training(self, rng: np.random.Generator, n: int, length: int) -> Array:
        """Draw expressions, a fifth of which have a random symbol somewhere: ``[n, length]`` uint8."""
        return np.where(rng.random((n, 1)) < 0.2, self._broken(rng, n, length), self.sample(rng, n, length))

    def families(self) -> Mapping[str, Sampler]:
        return {"random": self.sample, "broken": self._broken}

    def oracle(self, inputs: Array) -> Array:
        """Read term by term: ``[n, length]`` symbols to ``[n, length]`` values, 5 where there is none."""
        answers = np.empty(inputs.shape, np.uint8)
        total, term = np.zeros(len(inputs), np.int64), np.ones(len(inputs), np.int64)
        good = np.ones(len(inputs), bool)
        for t, symbols in enumerate(inputs.T.astype(np.int64)):
            good &= (symbols < BASE) == (t % 2 == 0)
            if t % 2 == 0:
                term = term * symbols % BASE
                value = (total + term) % BASE
            else:
                total = np.where(symbols == TIMES, total, value)
                term = np.where(symbols == TIMES, term, np.where(symbols == PLUS, 1, BASE - 1))
            answers[:, t] = np.where(good, value, WRONG)
        return answers

    def parse(self, text: str) -> Array:
        return read_characters(text, SYMBOLS, "digits of 0 to 4 and +, -, * such as 2+3*4")

    def show(self, inputs: Array) -> str:
        return "".join(SYMBOLS[symbol] for symbol in inputs.tolist())

    def render(self, inputs: Array, outputs: Array) -> str:
        return "".join("01234?"[value] for value in outputs.tolist())

    def _broken(self, rng: np.random.Generator, n: int, length: int) -> Array:
        inputs = self.sample(rng, n, length)
        inputs[np.arange(n), rng.integers(length, size=n)] = rng.integers(len(SYMBOLS), size=n)
        return inputs


TASK = ModularArithmetic
