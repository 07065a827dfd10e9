"""Transformer, DeltaNet and counters against their equations, in float64 and one position at a time."""

import numpy as np
import pytest

from pipeline.core import registry
from pipeline.core.examples import TaskSpec
from pipeline.layers.networks import Network
from pipeline.models.counters.layers import Counters
from pipeline.models.deltanet.layers import DeltaNet
from pipeline.models.transformer.layers import Block, sines

SPEC = TaskSpec(inputs=5, outputs=3, answer="tail")


def build(name: str, seeds: tuple[int, ...] = (0, 1), **options: object) -> Network:
    module = registry.load("models", name)
    return module.build(SPEC, module.Params(name=name, **options), seeds)


def scrambled(layer: object, deviation: float = 0.7) -> dict[str, np.ndarray]:
    """Give every weight a random value; return them by name, in float64."""
    draw = np.random.default_rng(4)
    for v in layer.trainable_variables:
        v.assign(draw.normal(0, deviation, v.shape))
    return {v.path: np.asarray(v.value, np.float64) for v in layer.trainable_variables}


@pytest.mark.parametrize("span", [1.0, 2.0])
def test_deltanet_multiplies_its_state_by_reflections(span: float) -> None:
    """``S' = S (I - b k k') + b v k'``, with the eigenvalues of ``I - b k k'`` in [1 - span, 1]."""
    units, heads, size = 6, 2, 3
    layer = DeltaNet("layer", (0, 1), 4, units, heads, span)
    w = scrambled(layer)
    x = np.random.default_rng(0).normal(size=(2, 5, 7, 4)).astype(np.float32)
    outputs, (last, matrices) = layer(x)
    for seed in range(2):
        kernel, bias, mixed = (w[f"layer/{name}"][seed] for name in ("kernel", "bias", "mixed"))
        dense = [w[f"layer_{part}/{name}"][seed] for part in ("widening", "narrowing") for name in ("kernel", "bias")]
        for row in range(5):
            state = np.zeros((heads, size, size))
            for t in range(7):
                fed = x[seed, row, t] @ kernel + bias
                query, key, value, skip = (fed[i * units : (i + 1) * units] for i in range(4))
                read = []
                for head in range(heads):
                    part = slice(head * size, (head + 1) * size)
                    q, k = (vector[part] / np.sqrt((vector[part] ** 2).sum() + 1e-6) for vector in (query, key))
                    rate = span / (1 + np.exp(-fed[4 * units + head]))
                    step = np.eye(size) - rate * np.outer(k, k)
                    assert 1 - span - 1e-6 <= np.linalg.eigvalsh(step).min() <= 1
                    state[head] = state[head] @ step + rate * np.outer(value[part], k)
                    told = state[head] @ q
                    read.append(told / np.sqrt((told**2).sum() + 1e-6) * np.sqrt(size))
                u = skip + np.concatenate(read) @ mixed
                h = u + np.maximum(u @ dense[0] + dense[1], 0) @ dense[2] + dense[3]
                np.testing.assert_allclose(np.asarray(outputs)[seed, row, t], h, rtol=1e-3, atol=1e-4)
            np.testing.assert_allclose(np.asarray(matrices)[seed, row], state, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(np.asarray(last), np.asarray(outputs)[:, :, -1])


def normalised(x: np.ndarray) -> np.ndarray:
    return (x - x.mean()) / np.sqrt(x.var() + 1e-6)


@pytest.mark.parametrize("relative", [False, True])
def test_a_block_of_the_transformer_is_its_equations(relative: bool) -> None:
    units, heads, size, positions = 6, 3, 2, 5
    block = Block("block", (0, 1), units, heads, relative)
    block(np.zeros((2, 1, 2, units), np.float32))
    w = scrambled(block)
    x = np.random.default_rng(0).normal(size=(2, 2, positions, units)).astype(np.float32)
    found = np.asarray(block(x))
    for seed in range(2):
        own = {path.removeprefix("block/"): value[seed] for path, value in w.items()}
        for row in range(2):
            values = x[seed, row].astype(np.float64)
            attended = np.zeros((positions, units))
            for head in range(heads):
                part = slice(head * size, (head + 1) * size)
                q, k, v = (values @ own[name][:, part] for name in ("query", "key", "value"))
                scores = np.empty((positions, positions))
                for i in range(positions):
                    for j in range(positions):
                        scores[i, j] = q[i] @ k[j]
                        if relative:
                            place = np.asarray(sines(np.float32(i - j), units), np.float64) @ own["distance"][:, part]
                            scores[i, j] = (q[i] + own["content_bias"][head]) @ k[j] + (q[i] + own["distance_bias"][head]) @ place
                weights = np.exp(scores / np.sqrt(size))
                attended[:, part] = weights / weights.sum(axis=1, keepdims=True) @ v
            for i in range(positions):
                u = normalised(values[i] + attended[i] @ own["mixed"])
                wide = np.maximum(u @ own["block_widening/kernel"] + own["block_widening/bias"], 0)
                y = normalised(u + wide @ own["block_narrowing/kernel"] + own["block_narrowing/bias"])
                np.testing.assert_allclose(found[seed, row, i], y, rtol=1e-3, atol=1e-4)


TRANSFORMER = {"units": 6, "heads": 3, "layers": 2, "longest": 50}


def test_without_positions_the_order_of_symbols_does_not_matter_and_with_them_it_does() -> None:
    x = np.random.default_rng(1).integers(5, size=(2, 3, 9))
    order = np.random.default_rng(2).permutation(9)
    for positions in ("none", "sinusoidal", "relative", "randomised"):
        network = build("transformer", positions=positions, **TRANSFORMER)
        scrambled(network)
        same = np.allclose(np.asarray(network(x))[:, :, order], network(x[:, :, order]), atol=1e-4)
        assert same == (positions == "none"), positions


def test_randomised_places_are_drawn_anew_for_each_seed_and_step_in_training_alone() -> None:
    network = build("transformer", positions="randomised", **TRANSFORMER)
    keys = np.array([[1, 0], [2, 0]], np.int32)
    places = np.asarray(network._places(9, keys))
    assert places.shape == (2, 9)
    assert (np.diff(places, axis=1) > 0).all()
    assert places.min() >= 0
    assert places.max() < 50
    assert not np.array_equal(places[0], places[1])
    assert not np.array_equal(places, network._places(9, keys + np.array([0, 1], np.int32)))
    np.testing.assert_array_equal(places, network._places(9, keys))
    evenly = np.asarray(network._places(5, None))
    np.testing.assert_allclose(evenly, [[5, 15, 25, 35, 45]])
    assert np.asarray(network._places(200, None)).max() < 50
    many = np.concatenate([np.asarray(network._places(9, np.array([[s, t] for s in range(2)], np.int32))) for t in range(300)])
    np.testing.assert_allclose(np.bincount(many.astype(int).ravel(), minlength=50) / many.size, 0.02, atol=0.01)


def test_counters_count_and_their_weights_are_whole() -> None:
    layer = Counters("recurrent", (0, 1), 5, 4)
    scrambled(layer, 2.0)
    x = np.random.default_rng(0).integers(5, size=(2, 3, 500))
    added = np.asarray(layer.increments)
    assert set(np.unique(added)) == {-1.0, 0.0, 1.0}
    counts = (x[..., None] == np.arange(5)).sum(axis=2)
    _, (state,) = layer(np.eye(5, dtype=np.float32)[x])
    np.testing.assert_array_equal(np.asarray(state), np.einsum("sbc,sch->sbh", counts, added))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("transformer", {"units": 6, "heads": 4, "layers": 1, "positions": "none"}, "multiple of heads"),
        ("transformer", {"units": 5, "heads": 5, "layers": 1, "positions": "none"}, "even"),
        ("transformer", {"units": 6, "heads": 3, "layers": 1, "positions": "rotary"}, "positions"),
        ("deltanet", {"units": 6, "heads": 4, "layers": 1}, "multiple of heads"),
        ("deltanet", {"units": 6, "heads": 3, "layers": 1, "eigenvalues": "all"}, "eigenvalues"),
    ],
)
def test_params_that_cannot_be_are_refused(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        registry.load("models", name).Params(name=name, **options)
