"""The live page in a real browser: every net answers a thousand random inputs as the served model does."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import ops
from live_nets import NETS, browser, computed, live_opened, network_of, put, task_of
from playwright.sync_api import Browser, Page

from pipeline.certification.nets import base, reading
from pipeline.config import settings
from pipeline.core import registry
from pipeline.core.examples import scored
from pipeline.core.task import Task
from pipeline.internals import live
from pipeline.layers.running import predictor
from pipeline.reporting.inputs.claims import Study
from pipeline.reporting.inputs.results import read
from pipeline.reporting.live.nets import ARCHITECTURES
from pipeline.reporting.live.page import live_page
from pipeline.reporting.page import environment
from pipeline.trained import load as load_nets

ROOT = Path(__file__).parent.parent
INPUTS = 1000
# Logits that are closer than this may be told apart otherwise by another order of summation.
TIE = 1e-5

# Fixtures are found by their names.
__all__ = ["browser", "computed"]

ANSWER = """async ([name, seed, texts]) => {
  const { data } = packs;
  const experiment = data.experiments.find((e) => e.name === name);
  const variant = data.tasks.find((t) => t.name === experiment.task).variants.find((v) => v.length === experiment.length);
  await packs.ready(experiment, seed);
  const net = nets.load(experiment, experiment.nets.find((n) => n.seed === seed));
  return texts.map((text) => {
    const symbols = tasks.read(variant, text);
    const outputs = net.run(symbols).outputs.slice(-tasks.answers(variant, symbols.length));
    const exact = tasks.exact(variant, symbols);
    const write = (answers) => tasks.write(variant.outputs, answers);
    return [tasks.show(variant, symbols), Array.from(outputs), write(outputs), exact && write(exact)];
  });
}"""

HIDDEN = """([name, seed, symbols]) => {
  const experiment = packs.data.experiments.find((e) => e.name === name);
  const run = nets.load(experiment, experiment.nets.find((n) => n.seed === seed)).run(Uint16Array.from(symbols));
  return Array.from(run.hidden.slice(-run.units));
}"""

pytestmark = pytest.mark.slow


def drawn(task: Task) -> list[list[np.ndarray]]:
    """A thousand random inputs of the training length and, where nets go beyond it, of others: a list for each number of positions."""
    length = task.training_size.nets[-1]
    lengths = [length] if len(task.training_size.nets) > 1 else [length, length, length // 2 + 1, 2 * length]
    rng = np.random.default_rng(20)
    rows = [row for n in lengths for row in task.sample(rng, INPUTS // len(lengths), n)]
    read = [task.parse(task.show(row)) for row in rows]
    return [[row for row in read if len(row) == n] for n in sorted({len(row) for row in read})]


def decided(network: Any, inputs: np.ndarray, answers: int) -> np.ndarray:
    """Which answers to ``[n, positions]`` each net gives by more than rounding: ``[seeds, n, answers]``."""
    seeds = len(network.seeds)
    if not hasattr(network, "readout") and not hasattr(network, "readouts"):  # it points, and puts out no logits
        return np.ones((seeds, len(inputs), answers), bool)
    logits = ops.convert_to_numpy(network(np.repeat(inputs[None], seeds, axis=0)))[:, :, -answers:]
    if logits.shape[-1] == 1:
        return np.abs(logits[..., 0] % 1 - 0.5) > TIE
    best = np.sort(logits, axis=-1)
    return best[..., -1] - best[..., -2] > TIE


def in_numpy(task: Task, params: Mapping[str, Any], network: Any, seed: int, inputs: np.ndarray, answers: int) -> np.ndarray | None:
    """Answer ``[n, positions]`` as ``nines solve`` does where the prover knows the net; ``None`` where it does not."""
    try:
        net = reading.read(params, network.weights_of(seed), task.spec(inputs.shape[1]).inputs or 0)
    except reading.NotCertifiable:
        return None
    return base.run(net, inputs)[:, -answers:]


def hold(page: Page, experiment: str, task: Task, network: Any, params: Mapping[str, Any]) -> float:
    """Hold the page against the served model’s program, against NumPy where that knows the net, and against the oracle.

    Returns:
        The share of answers that are decided by more than rounding; all of these were the same.
    """
    predict = predictor(network, symbols=True)
    shares, total = [], 0
    for rows in drawn(task):
        inputs = np.stack(rows)
        count = task.answer_length(inputs.shape[1])
        wanted = predict(np.repeat(inputs[None], len(network.seeds), axis=0), count)
        sure = decided(network, inputs, count)
        texts = [task.show(row) for row in inputs]
        for place, seed in enumerate(network.seeds):
            found = page.evaluate(ANSWER, [experiment, seed, texts])
            given = np.array([outputs for _, outputs, _, _ in found])
            np.testing.assert_array_equal(given[sure[place]], wanted[place][sure[place]])
            computed = in_numpy(task, params, network, seed, inputs, count)
            if computed is not None:
                np.testing.assert_array_equal(given[sure[place]], computed[sure[place]])
            for row, own, text, (shown, _, answer, exact) in zip(inputs, given, texts, found, strict=True):
                solved = task.oracle(row[None])[0]
                assert shown == text
                assert exact == task.render(row, solved)
                assert answer == task.render(row, np.where(scored(solved), own, solved))
        total += len(inputs)
        shares.append(sure.mean())
    assert total == pytest.approx(INPUTS, rel=0.01)
    return float(np.mean(shares))


def test_every_architecture_of_the_page_is_here() -> None:
    assert {model for _, model, _ in NETS.values()} == set(ARCHITECTURES)


@pytest.mark.parametrize("experiment", NETS)
def test_nets_answer_a_thousand_inputs_as_the_served_model_does(computed: Page, experiment: str) -> None:
    name, model, options = NETS[experiment]
    params = registry.load("models", model).Params.model_validate({"name": model} | options).model_dump()
    assert hold(computed, experiment, task_of(name), network_of(experiment), params) > 0.999


@pytest.mark.parametrize("experiment", NETS)
def test_hidden_states_are_the_same_but_for_rounding(computed: Page, experiment: str) -> None:
    network = network_of(experiment)
    if not network.streams:
        pytest.skip("a net that reads all before it writes; its answers tell")
    inputs = drawn(task_of(NETS[experiment][0]))[-1][0]
    states = network.segment(np.repeat(inputs[None, None], len(network.seeds), axis=0), None, answers=0)[1]
    layers = [layer.output_of(state) for layer, state in zip(network.recurrents, states, strict=True)]
    wanted = np.concatenate([ops.convert_to_numpy(layer)[:, 0] for layer in layers], axis=1)
    for place, seed in enumerate(network.seeds):
        found = computed.evaluate(HIDDEN, [experiment, seed, inputs.tolist()])
        np.testing.assert_allclose(found, wanted[place], atol=1e-4, rtol=1e-4)


TRAINED = [name for name in settings.read(ROOT / "params.yaml").experiments if (ROOT / "data/models" / name / "outcome.json").is_file()]


@pytest.mark.skipif(not TRAINED, reason="expected nets in data/models, got none")
def test_trained_nets_answer_a_thousand_inputs_as_the_served_model_does(browser: Browser, tmp_path: Path) -> None:
    experiments = {name: settings.read(ROOT / "params.yaml").experiments[name] for name in TRAINED}
    data = ROOT / "data"
    group = [read(name, data / "models" / name, data / "results" / name) for name in experiments]
    tasks = {e.task.name: e.task for e in experiments.values()}
    shown = live.shown(group, tasks, {}, data / "models", data / "certificates", {})
    page, _ = live_opened(browser, put(live_page(environment(), shown, tasks, {}, Study(), []), tmp_path / "live.html"), 1400, "light")
    kept = page.evaluate("packs.data.experiments.map(e => [e.name, e.nets.map(n => n.seed)])")
    assert kept
    shares = {}
    for name, seeds in kept:
        own = experiments[name]
        length = next(found for found in shown if found.experiment == name).nets[0].length
        trained = load_nets(data / "models" / name, own.task, own.model, length, tuple(seeds))
        shares[name] = hold(page, name, _of_length(own.task, length), trained, own.model.model_dump())
    # Nets that have learnt nothing may put out nearly the same for several symbols.
    assert sorted(shares.values())[len(shares) // 2] > 0.999
    page.context.close()


def _of_length(task: Task, length: int) -> Task:
    """The task with one training length, where each has nets of its own."""
    if len(task.training_size.nets) == 1:
        return task
    return type(task)(task.params.model_copy(update={"time_steps": [length - 1, length]}))
