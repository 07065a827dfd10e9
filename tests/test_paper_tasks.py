"""The tasks of the study of 1997 that build on others, as the paper describes them."""

import numpy as np
import paper_tasks as paper
import pytest

from pipeline.core import registry
from pipeline.core.examples import scored
from pipeline.core.task import Task


def make(name: str) -> Task:
    kind = registry.load("tasks", name).TASK
    return kind(kind.Params(**paper.PARAMS[name]))


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("length", "places"), [(100, [(10, 20), (33, 43), (66, 76)]), (39, [(3, 7), (13, 16), (26, 29)]), (10, [(1, 2), (3, 4), (6, 7)])]
)
def test_three_marks_are_where_the_paper_puts_them(length: int, places: list[tuple[int, int]]) -> None:
    task, n = make("temporal_order_three"), 8000
    inputs = task.sample(rng(), n, length)
    rows, found = (inputs >= 6).nonzero()
    assert np.bincount(rows, minlength=n).tolist() == [3] * n
    for mark, (low, high) in zip(found.reshape(n, 3).T, places, strict=True):
        counts = np.bincount(mark, minlength=high + 1)
        assert not counts[:low].any()
        assert counts[low:].min() > 0.7 * n / (high - low + 1)
    others = np.bincount(inputs[inputs < 6], minlength=6)[2:]
    np.testing.assert_allclose(others / others.sum(), 0.25, atol=0.01)
    classes = task.oracle(inputs)
    np.testing.assert_allclose(np.bincount(classes[scored(classes)], minlength=8) / n, 1 / 8, atol=0.02)


def test_factors_are_uniform_between_0_and_1() -> None:
    inputs = make("multiplication").sample(rng(), 2000, 100)
    share, _ = np.histogram(inputs[:, :100, 0], bins=4, range=(0, 1))
    np.testing.assert_allclose(share / share.sum(), 0.25, atol=0.01)
    assert inputs[..., 0].min() == 0  # behind the ends


def test_a_hidden_factor_counts_as_one() -> None:
    pairs = np.array([[[0.9, -1], [0.4, 1], [0.7, 0], [0.8, -1]]], dtype=np.float32)
    assert make("multiplication").oracle(pairs) == pytest.approx(0.4)
