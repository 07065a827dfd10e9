"""What our recipes add to training: noise on states, a late pull on weights, rates that decay, positions that weigh more or nothing."""

import numpy as np
import pytest
from keras import ops
from pydantic import ValidationError
from test_training import SOLVABLE, examples, losses_of, network, recipe, trained

from pipeline.experiment.training import TrainingParams
from pipeline.layers.lstm import LSTM
from pipeline.layers.recurrent import Elman
from pipeline.models.carousel.layers import Carousel
from pipeline.models.differencing_rnn.layers import Differencing
from pipeline.models.gru.layers import GRU
from pipeline.training.engine import errors


def weights_of(params: TrainingParams, name: str, seed: int = 0) -> np.ndarray:
    return trained((0, 1), params).trained[seed].weights[name]


def test_a_pull_makes_recurrent_weights_small_and_leaves_the_rest() -> None:
    pulled = recipe(steps=200, l1={"weight": 0.05, "after": 0.0})
    small, free = (np.abs(weights_of(p, "recurrent/recurrent_kernel")).mean() for p in (pulled, recipe(steps=200)))
    assert small < 0.3 * free
    inputs, untouched = (np.abs(weights_of(p, "recurrent/kernel")).mean() for p in (pulled, recipe(steps=200)))
    assert inputs > 0.5 * untouched


def test_a_pull_comes_late() -> None:
    """Up to the share of the steps before which it does not enter, training is the same without it."""
    late, never = (trained((0,), recipe(seeds=1, steps=40, log_every=10, **more)) for more in ({"l1": {"weight": 1.0, "after": 0.5}}, {}))
    assert losses_of(late, 0)[:2] == losses_of(never, 0)[:2]
    assert losses_of(late, 0)[3] != losses_of(never, 0)[3]


def test_a_decaying_rate_falls_to_zero_with_the_last_step() -> None:
    """With clipped gradients no weight moves by more than clip times the sum of the rates, and some by just that."""
    tiny = {"seeds": 1, "steps": 10, "log_every": 10, "clip_value": 1e-5, "learning_rate": 10.0}
    before = network((0,)).weights_of(0)
    moved = {}
    for decay in (None, "linear"):
        after = trained((0,), recipe(**tiny, decay=decay)).trained[0].weights
        moved[decay] = np.max(np.concatenate([np.abs(after[path] - before[path]).ravel() for path in before]))
    assert moved["linear"] == pytest.approx(0.55 * moved[None], rel=0.05)  # (10 + 9 + … + 1) / (10 · 10)


@pytest.mark.parametrize(("noise", "places"), [((0.3, 0.0), [0]), ((0.0, 0.3), [1]), ((0.2, 0.5), [0, 1])])
def test_noise_is_that_of_its_state_in_training_only(noise: tuple[float, float], places: list[int]) -> None:
    layer = LSTM("net", (0, 1), 3, 4, "fused", 1.0, noise=noise)
    x = np.zeros((2, 500, 1, 3), np.float32)
    keys = np.array([[1, 0], [2, 0]], np.int32)
    calm, noisy, again = layer(x)[1], layer(x, keys=keys)[1], layer(x, keys=keys)[1]
    for place in range(2):
        difference = np.asarray(noisy[place]) - np.asarray(calm[place])
        np.testing.assert_array_equal(noisy[place], again[place])
        # After one position the noise is all that differs.
        assert difference.std() == pytest.approx(noise[place], rel=0.05, abs=1e-7)
    assert not np.allclose(noisy[places[0]][0], noisy[places[0]][1])


def test_noise_is_drawn_anew_at_every_position_and_is_fed_back() -> None:
    layer = Elman("net", (0,), 3, 4, "fused", noise=0.2)
    x = np.zeros((1, 400, 2, 3), np.float32)
    outputs = np.asarray(layer(x, keys=np.array([[1, 0]], np.int32))[0])[0]
    first, second = outputs[:, 0], outputs[:, 1]
    expected = np.tanh(first @ np.asarray(layer.recurrent_kernel)[0])
    np.testing.assert_allclose((second - expected).std(), 0.2, rtol=0.05)
    assert abs(np.corrcoef(first.ravel(), (second - expected).ravel())[0, 1]) < 0.1


def test_noise_before_gates_is_one_for_a_sequence_and_none_for_the_candidate() -> None:
    """Without weights, and with a bias of one before the candidate, the gates are all that tells one cell from another."""
    layer = LSTM("net", (0, 1), 3, 400, "fused", 0.0, gate_noise=0.3)
    layer.kernel.assign(np.zeros(layer.kernel.shape))
    layer.recurrent_kernel.assign(np.zeros(layer.recurrent_kernel.shape))
    layer.bias.assign(np.repeat([0.0, 0.0, 1.0, 0.0], 400) * np.ones((2, 1)))
    x, zeros = np.zeros((2, 5, 2, 3), np.float32), np.zeros((2, 5, 400), np.float32)
    keys = np.array([[1, 0], [2, 0]], np.int32)

    def logit(gate: np.ndarray) -> np.ndarray:
        return np.log(gate / (1 - gate))

    def cell_after(positions: int, cell: float) -> np.ndarray:
        return np.asarray(layer(x[:, :, :positions], (zeros, np.full_like(zeros, cell)), keys=keys)[1][1])

    empty = cell_after(1, 0.0)
    forget = (cell_after(1, 100.0) - empty) / 100
    hidden = np.asarray(layer(x[:, :, :1], keys=keys)[1][0])
    shifts = [logit(empty / np.tanh(1.0)), logit(forget), logit(hidden / np.tanh(empty))]
    for shift in shifts:
        assert shift.std() == pytest.approx(0.3, rel=0.05)
        assert not np.allclose(shift[0], shift[1])
        assert not np.allclose(shift[:, 0], shift[:, 1])
    assert abs(np.corrcoef([shift.ravel() for shift in shifts]) - np.eye(3)).max() < 0.1
    # The same shifts at both positions of a sequence, and nothing at all without keys.
    np.testing.assert_allclose(cell_after(2, 0.0), empty + forget * empty, rtol=1e-4)
    np.testing.assert_allclose(layer(x[:, :, :1])[1][1], np.tanh(1.0) / 2, rtol=1e-5)


def test_the_last_position_weighs_more_and_what_is_not_scored_nothing() -> None:
    outputs = np.array([[[[1.0], [2.0], [4.0]]]], np.float32)
    targets = np.array([[[0.0, 0.0, 0.0]]], np.float32)
    means = {"loss": "mean_squared_error"}
    np.testing.assert_allclose(errors.loss(recipe(**means))(outputs, targets), [7.0])
    np.testing.assert_allclose(errors.loss(recipe(**means, last_share=0.75))(outputs, targets), [(1 + 4) / 8 + 0.75 * 16])
    unscored = np.array([[[np.nan, 0.0, 0.0]]], np.float32)
    np.testing.assert_allclose(errors.loss(recipe(**means), all_scored=False)(outputs, ops.convert_to_tensor(unscored)), [10.0])
    last = ops.convert_to_tensor(np.array([[[np.nan, np.nan, 0.0]]], np.float32))
    np.testing.assert_allclose(errors.loss(recipe(loss="mean_absolute_error"), all_scored=False)(outputs, last), [4.0])


def test_training_goes_on_after_a_rule_that_does_not_end_it() -> None:
    stop = {"max_abs_error": 0.5, "successes": 10}
    ended, went_on = (
        trained((0,), recipe(seeds=1, steps=400, log_every=50, stop=stop | {"ends": ends}), SOLVABLE).trained[0].outcome
        for ends in (True, False)
    )
    assert ended.solved_after == went_on.solved_after is not None
    assert (ended.steps, went_on.steps) == (ended.solved_after, 400)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"loss": "summed_cross_entropy", "last_share": 0.5}, "last_share with a mean over positions"),
        ({"loss": "cross_entropi"}, "expected the name of a loss .* did you mean 'cross_entropy'"),
        ({"optimizer": "adamm"}, "expected the name of an optimizer .* did you mean 'adam'"),
        ({"l1": {"weight": 0.1, "after": 1.0}}, "less than 1"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        recipe(**changes)


def test_carousel_by_hand() -> None:
    layer = Carousel("net", (0,), 1, 3)
    x = np.random.default_rng(0).normal(size=(1, 2, 5, 1)).astype(np.float32)
    steps = np.tanh(x[0] @ np.asarray(layer.kernel)[0])
    np.testing.assert_allclose(layer(x)[0][0], np.cumsum(steps, axis=1), atol=1e-5)


def test_differencing_by_hand() -> None:
    layer = Differencing("net", (0,), 1, 3, "fused")
    kernel, recurrent = np.asarray(layer.kernel)[0], np.asarray(layer.recurrent_kernel)[0]
    x = np.random.default_rng(0).normal(size=(1, 2, 5, 1)).astype(np.float32)
    hidden, before = np.zeros((2, 3)), x[0, :, 0]
    for t in range(5):
        hidden = (x[0, :, t] - before) @ kernel + hidden @ recurrent
        before = x[0, :, t]
        np.testing.assert_allclose(np.asarray(layer(x)[0])[0, :, t], hidden, atol=1e-5)
    level = ops.convert_to_numpy(layer(x + 7)[0])
    np.testing.assert_allclose(level, np.asarray(layer(x)[0]), atol=1e-4)  # the level does not count


LAYERS = {
    "tanh": lambda: Elman("net", (0, 1), 3, 5, "fused"),
    "lstm": lambda: LSTM("net", (0, 1), 3, 5, "fused", 1.0),
    "lstm, hard gates, projected": lambda: LSTM("net", (0, 1), 3, 5, "fused", 0.5, "hard_sigmoid", 2, input_bias=-0.5),
    "gru, reset after": lambda: GRU("net", (0, 1), 3, 5, "fused", "after"),
    "gru, reset before": lambda: GRU("net", (0, 1), 3, 5, "fused", "before"),
}


@pytest.mark.parametrize("kind", LAYERS)
def test_the_image_of_a_box_holds_what_a_step_makes_of_each_of_its_states(kind: str) -> None:
    """And it is no wider than it has to be: of a point it is that point's image."""
    layer, rng = LAYERS[kind](), np.random.default_rng(0)
    for variable in layer.trainable_variables:
        variable.assign(rng.normal(size=variable.shape))
    fed = rng.normal(size=(2, 400, layer.kernel.shape[-1])).astype(np.float32)
    centers = [rng.normal(size=(2, 1, size)).astype(np.float32) for size in layer.state_sizes]
    for radius in (0.0, 0.3):
        states = tuple((c + radius * rng.choice([-1.0, -0.3, 0.5, 1.0], size=(2, 400, c.shape[-1]))).astype(np.float32) for c in centers)
        box = tuple((np.repeat(c, 400, axis=1) - radius, np.repeat(c, 400, axis=1) + radius) for c in centers)
        for after, (low, high) in zip(layer.step(fed, states), layer.image_of_box(fed, box), strict=True):
            after, low, high = (ops.convert_to_numpy(part) for part in (after, low, high))
            assert (low - 1e-5 <= after).all()
            assert (after <= high + 1e-5).all()
            if not radius:
                np.testing.assert_allclose(low, high, atol=1e-5)


def test_what_is_beyond_the_wanted_width_is_the_loss_that_a_layer_adds() -> None:
    """Worked out by hand for the tanh layer; without keys, or without the recipe, nothing is added."""
    layer = Elman("net", (0, 1), 3, 4, "fused")
    layer.contraction = 0.2, 0.1
    x = np.random.default_rng(0).normal(size=(2, 6, 5, 3)).astype(np.float32)
    keys = np.array([[1, 0], [2, 0]], np.int32)
    plain = Elman("plain", (0, 1), 3, 4, "fused")
    layer(x)
    plain(x, keys=keys)
    assert not layer.losses
    assert not plain.losses
    layer(x, keys=keys)
    (added,) = layer.losses
    kernel, recurrent = (np.asarray(part, np.float64) for part in (layer.kernel, layer.recurrent_kernel))
    expected = 0.0
    for seed in range(2):
        hidden = np.zeros((6, 4))
        for t in range(5):
            z, reach = x[seed, :, t] @ kernel[seed] + hidden @ recurrent[seed], 0.2 * np.abs(recurrent[seed]).sum(axis=0)
            width = (np.tanh(z + reach) - np.tanh(z - reach)) / 2
            expected += np.maximum(width - 0.02, 0).sum(axis=1).mean() / 5
            hidden = np.tanh(z)
    np.testing.assert_allclose(float(added), expected, rtol=1e-5)


def test_boxes_that_training_shrinks_come_late_and_shrink() -> None:
    """Up to the share of the steps before which the penalty does not enter, training is the same without it."""
    kept = {"seeds": 1, "steps": 200, "log_every": 50}
    late, never = (
        trained((0,), recipe(**kept, **more)) for more in ({"contraction": {"radius": 0.2, "to": 0.1, "weight": 1.0, "after": 0.5}}, {})
    )
    assert losses_of(late, 0)[:2] == losses_of(never, 0)[:2]
    assert losses_of(late, 0)[3] != losses_of(never, 0)[3]
    assert _added(late.trained[0].weights) < 0.5 * _added(never.trained[0].weights)


def _added(weights: dict[str, np.ndarray]) -> float:
    nets = network((0,))
    nets.assign([weights])
    nets.contract(0.2, 0.1)
    nets(examples()[0][None], keys=np.array([[1, 0]], np.int32))
    return float(nets.losses[0])
