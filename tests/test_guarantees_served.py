"""Guarantees against the nets that are served: the same weights in Keras, run by the compiled and by the traced program."""

from itertools import product

import numpy as np
import pytest
from test_guarantees import AN_BN, MAJORITY, Weights, carousel, pointing, whole_counter

from pipeline.core import registry
from pipeline.core.examples import TaskSpec
from pipeline.guarantees import comparing, counting, pointer
from pipeline.layers.networks import Network
from pipeline.layers.running import SEGMENT, WORTH_COMPILING, predictor

LABEL = TaskSpec(inputs=2, outputs=20, answer="label")


def served(name: str, spec: TaskSpec, weights: Weights, **options: object) -> Network:
    module = registry.load("models", name)
    network = module.build(
        spec, module.Params(name=name, units=len(weights[next(w for w in weights if "kernel" in w)][0]), **options), (0,)
    )
    assert {v.path for v in network.trainable_variables} == set(weights)
    network.assign([weights])
    return network


def counts(network: Network, ones: list[int], copies: int) -> list[int]:
    """Answer strings of ones, alone, or many copies together, which takes the other program."""
    predict = predictor(network, symbols=True)
    answers = [predict(np.ones((1, copies, n), np.uint8), 1)[0, :, 0] for n in ones]
    assert all(len(set(answer.tolist())) == 1 for answer in answers)
    return [int(answer[0]) for answer in answers]


@pytest.mark.parametrize("copies", [1, WORTH_COMPILING // SEGMENT])
@pytest.mark.parametrize("seed", range(3))
def test_a_served_carousel_counts_as_far_as_is_proved_and_no_further_than_is_said(seed, copies):
    weights = carousel(seed)
    proof = counting.reach(weights, "carousel")
    reach, fails = proof["reach"], proof["fails"]
    network = served("carousel", LABEL, weights)
    asked = [1, 2, reach // 2, reach - 1, reach, fails]
    answers = counts(network, asked, copies)
    assert answers[:-1] == asked[:-1]
    assert answers[-1] != fails


def test_served_counters_count_whole_numbers():
    weights = whole_counter([0.9, 0.2, -3.0], [1.7, 5.0, 0.6], 0.2)
    network = served("counters", LABEL, weights, numbers=True)
    assert counts(network, [1, 77, 5000], 1) == [1, 77, 5000]
    mixed = np.random.default_rng(0).integers(2, size=(1, 20, 300)).astype(np.uint8)
    np.testing.assert_array_equal(predictor(network, symbols=True)(mixed, 1)[..., 0], mixed.sum(axis=-1))


@pytest.mark.parametrize(("task", "weights", "outputs"), [("majority", MAJORITY, 2), ("an_bn", AN_BN, 3)])
def test_served_counters_compare_as_is_proved(task, weights, outputs):
    assert comparing.reach(weights, task)["reach"] > 10**6
    network = served("counters", TaskSpec(inputs=2, outputs=outputs, answer="sequence"), weights)
    inputs = np.zeros((1, 1, 6001), np.uint8)
    inputs[..., 3000:6000] = 1
    inputs[..., 6000] = task == "majority"
    answers = predictor(network, symbols=True)(inputs, 6001)[0, 0]
    expected = {"majority": [0] * 6000 + [1], "an_bn": [0] * 3000 + [1] * 2999 + [2, 0]}[task]
    assert answers[:6000].tolist() == expected[:6000]
    assert task != "majority" or answers[-1] == 1


def test_a_served_pointer_net_sorts_as_is_proved():
    spec = TaskSpec(inputs=6, outputs=6, answer="sequence", permutation=True)
    weights = pointing(mixing=1e-2)
    assert isinstance(pointer.prove(weights), dict)
    network = served("pointer", spec, weights, kernels="fused")
    predict = predictor(network, symbols=True)
    lists = np.array(list(product(range(6), repeat=4)), np.uint8)
    np.testing.assert_array_equal(predict(lists[None], 4)[0], np.sort(lists))
    long = np.random.default_rng(0).integers(6, size=(3, 500)).astype(np.uint8)
    np.testing.assert_array_equal(predict(long[None], 500)[0], np.sort(long))
    assert all(pointer.answer(weights, tuple(row)) == tuple(sorted(row)) for row in lists[::37].tolist())


def test_a_list_that_refutes_a_pointer_net_is_sorted_wrongly_where_it_is_served():
    spec = TaskSpec(inputs=4, outputs=4, answer="sequence", permutation=True)
    refuted = 0
    for seed in range(4, 12):
        weights = pointing(symbols=4, mixing=0.05 * seed, seed=seed)
        weights["pointing/kernel"] += np.random.default_rng(seed).normal(size=(2, 2)).astype(np.float32) * seed / 3
        found = pointer.prove(weights)
        if isinstance(found, pointer.Wrong):
            given = predictor(served("pointer", spec, weights, kernels="fused"), symbols=True)(
                np.array([[found.numbers]], np.uint8), len(found.numbers)
            )
            assert tuple(given[0, 0].tolist()) == found.answer
            refuted += 1
    assert refuted
