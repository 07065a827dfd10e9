"""One request to a served net takes so much time and memory and no more: what is too much is refused in a sentence."""

import time
from functools import partial
from pathlib import Path

import handmade
import pytest

from pipeline import serving
from pipeline.answering import Answerer
from pipeline.config import settings
from pipeline.core.notation import InputError
from pipeline.files import checkpoints, curves, recipes
from pipeline.serving import Limits, answered
from pipeline.trained import build

ROOT = Path(__file__).parent.parent
KNOWN = settings.read(ROOT / "params.yaml")


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    """A net that streams."""
    folder = tmp_path_factory.mktemp("checkout")
    handmade.put(folder)
    return Answerer.load(folder / "data/models" / handmade.EXPERIMENT, KNOWN.task("increment").params.model_dump())


@pytest.fixture(scope="module")
def pointer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    """A net that reads all before it answers; its weights are as drawn."""
    folder, experiment = tmp_path_factory.mktemp("sort"), KNOWN.experiment("sort-pointer")
    network = build(experiment.task, experiment.model, 10, (0,))
    checkpoints.save(network.weights_of(0), checkpoints.path_of(folder, 10, 0))
    recipes.write(folder, handmade.recipe("sort", experiment.model.model_dump(mode="json")))
    curves.write(folder, [(10, 0, 1, 1, "loss", 0.0)])
    return Answerer.load(folder, experiment.task.params.model_dump())


def test_what_fits_is_answered_in_its_order(answerer: Answerer) -> None:
    assert answered(answerer, ["9", "99", "41"], Limits()) == ["10", "100", "42"]
    assert answered(answerer, [], Limits()) == []
    long = "9" * Limits().at_once * 2  # this net streams
    assert answered(answerer, [long], Limits()) == ["1" + "0" * len(long)]


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["9"] * 1001, "expected at most 1,000 texts in a request, got 1,001"),
        (["9" * 50_001] * 2, "expected at most 100,000 characters in a request, got 100,002"),
        (["9" * 200_000] * 3, "expected at most 100,000 characters in a request, got 600,000"),
        (["9", "x"], "expected a number in decimal digits"),
    ],
)
def test_too_much_is_refused_before_any_of_it_is_answered(answerer: Answerer, texts: list[str], sentence: str) -> None:
    begun = time.monotonic()
    with pytest.raises(InputError, match=sentence):
        answered(answerer, texts, Limits())
    assert time.monotonic() - begun < 5, "expected a refusal at once: three such numbers take most of a minute"


def test_no_text_is_begun_when_the_time_is_up(answerer: Answerer) -> None:
    with pytest.raises(InputError, match="answered within 0 s, got 1 done by then"):
        answered(answerer, ["9", "9"], Limits(seconds=0))
    assert answered(answerer, ["9"], Limits(seconds=0)) == ["10"]


def test_the_time_that_loading_a_net_takes_is_not_the_requests(answerer: Answerer, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, slow = [100.0], answerer.outputs

    def outputs(one: object) -> object:
        clock[0] += 31.0 if clock[0] == 100.0 else 1.0  # the first one loads a deep-learning library
        return slow(one)

    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(Answerer, "outputs", lambda self, one: outputs(one))
    assert answered(answerer, ["9", "9", "9"], Limits()) == ["10"] * 3
    with pytest.raises(InputError, match="answered within 1 s, got 3 done by then"):
        answered(answerer, ["9"] * 9, Limits(seconds=1))


def test_a_net_that_reads_all_at_once_takes_shorter_texts(pointer: Answerer) -> None:
    answer = answered(pointer, ["3 1 2"], Limits(at_once=3))[0]
    assert sorted(answer.split()) == ["1", "2", "3"]
    with pytest.raises(InputError, match="at most 3 symbols for a net that reads all before it answers, got 4"):
        answered(pointer, ["3 1 2", "1 2 3 4"], Limits(at_once=3))


def test_no_length_that_is_served_is_compiled_for() -> None:
    from pipeline.layers import running

    assert Limits().at_once < running.WORTH_COMPILING
    assert running.SEGMENT < running.WORTH_COMPILING  # of one text that streams


def test_the_served_model_has_these_limits() -> None:
    assert serving.TextModel.limits == Limits()
    check = partial(Limits().check_length, 2001)
    with pytest.raises(InputError):
        check(lambda: False)
    check(lambda: True)
