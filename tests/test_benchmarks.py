"""The benchmarks' arithmetic, checks and tables, without the libraries that they time."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import running, stages, table, workloads
from benchmarks.contenders import CONTENDERS, FAMILIES
from benchmarks.nets import Net, Recurrent

ROOT = Path(__file__).parent.parent

READY = {"parameters": 1706, "losses": [2.0, 1.0], "device": "cpu", "first_seconds": 5.0}


@pytest.mark.parametrize("projection", [None, 2])
@pytest.mark.parametrize("answers", [4, 1])
def test_flops_of_a_step_are_those_that_a_slow_forward_pass_needs(projection: int | None, answers: int) -> None:
    layers = (Recurrent("encoder", 3, 5, 4, projection), Recurrent("decoder", projection or 5, 6, 1))
    net = Net(layers, readout=7, answers=answers, positions=4)
    weights, count = net.draw(0), 0

    def product(row: list[float], matrix: np.ndarray) -> list[float]:
        nonlocal count
        out = [0.0] * matrix.shape[1]
        for i, value in enumerate(row):
            for j in range(matrix.shape[1]):
                out[j] += value * float(matrix[i, j])
                count += 1
        return out

    sequence = [[1.0] * 3 for _ in range(4)]
    for layer in layers:
        hidden, outputs = [0.0] * layer.fed_back, []
        for x in sequence:
            product(x, weights[f"{layer.name}/kernel"])
            hidden = product(hidden, weights[f"{layer.name}/recurrent_kernel"])[: layer.units]
            if layer.projection:
                hidden = product(hidden, weights[f"{layer.name}/projection"])
            outputs.append(hidden)
        sequence = outputs
    for hidden in sequence[-answers:]:
        product(hidden, weights["readout/kernel"])
    assert net.step_flops(batch=8) == 6 * 8 * count


@pytest.mark.parametrize("name", workloads.NAMES)
def test_a_workload_has_the_nets_that_the_pipeline_builds(name: str) -> None:
    from pipeline.trained import build

    workload = workloads.load(name)
    built = build(workload.experiment.task, workload.params, workload.length, (0,)).weights_of(0)
    assert {path: values.shape for path, values in built.items()} == workload.net.shapes
    assert sum(values.size for values in built.values()) == workload.net.parameters


@pytest.mark.parametrize("name", workloads.NAMES)
def test_peers_are_fed_what_the_engine_is_fed(name: str) -> None:
    workload = workloads.load(name)
    inputs, targets = workload.examples
    features = workload.features
    symbols = features[..., 0] if features.shape[-1] == 1 else features.argmax(axis=-1)
    np.testing.assert_array_equal(symbols, inputs)
    np.testing.assert_array_equal(workload.labels.reshape(targets.shape), targets)
    batches = workload.batches(1, in_order=False)
    assert batches.shape == (workload.steps, workload.recipe.batch_size)
    epoch = batches[: workload.batches_per_epoch].ravel()
    assert len(set(epoch.tolist())) == len(epoch)


def test_workloads_without_an_experiment_of_their_own_are_the_posts_but_for_what_they_say() -> None:
    own, gru, long = (workloads.load(name) for name in ("increment", "gru", "length_100"))
    assert (gru.title, long.title) == ("GRU, 32 units, batch 100, 11 positions", "LSTM, 32 units, batch 100, 100 positions")
    assert gru.recipe.model_copy(update={"steps": 180, "log_every": 90}) == own.recipe
    np.testing.assert_array_equal(gru.net.draw(3)["readout/bias"], np.zeros(10))
    assert long.experiment.task.params.model_copy(update={"length": 10}) == own.experiment.task.params
    lag = workloads.load("long_lag")
    assert (lag.length, lag.net.positions, lag.recipe.batch_size, lag.recipe.stop, lag.recipe.clip_value) == (20, 19, 1, None, 5.0)


@pytest.mark.slow
def test_a_gru_in_keras_is_the_engines() -> None:
    from benchmarks.contenders import make

    workload = replace(workloads.load("gru", seeds=2), steps=4, chunk=2)
    both = {name: make(name, workload) for name in ("engine", "keras")}
    ready = {name: READY | {"parameters": one.parameters, "losses": one.losses()} for name, one in both.items()}
    np.testing.assert_allclose(ready["keras"]["losses"], ready["engine"]["losses"], rtol=1e-3)
    running.check(workload, ready)
    assert both["keras"].train() > 0


@pytest.mark.slow
def test_the_engine_trains_a_workload() -> None:
    from benchmarks.contenders import make

    workload = replace(workloads.load("increment", seeds=2), steps=8, chunk=4)
    engine = make("engine", workload)
    assert engine.train() > 0
    running.check(workload, {"engine": READY | {"parameters": engine.parameters, "losses": engine.losses()}})
    assert engine.losses() == engine.losses()  # from the same weights, each time


def test_check_refuses_another_net_and_a_loss_that_does_not_fall() -> None:
    workload = workloads.load("increment")
    running.check(workload, {"engine": READY, "jax": READY | {"losses": [2.01, 1.5]}})
    for other, words in [
        ({"parameters": 1738}, "expected 1706 parameters, got 1738"),
        ({"losses": [2.0, 2.0]}, "expected a loss that falls"),
        ({"losses": [2.2, 1.0]}, "expected a loss near 2.0000 on the first batches, got 2.2000"),
        ({"losses": [float("nan"), 1.0]}, "expected a loss that falls"),
    ]:
        with pytest.raises(running.BenchmarkError, match=f"increment: JAX scan: {words}"):
            running.check(workload, {"engine": READY, "jax": READY | other})


def test_a_worker_answers_a_line_with_a_line() -> None:
    asked, answers = io.StringIO(), io.StringIO('{"losses": [2, 1]}\n{"seconds": 0.5}\n')
    worker = running.Worker("jax", asked, answers, io.StringIO("no such module"))
    worker.repeat()
    assert (worker.ready, worker.seconds, asked.getvalue()) == ({"losses": [2, 1]}, [0.5], "\n")
    with pytest.raises(running.BenchmarkError, match="the contender jax ended early:\nno such module"):
        worker.repeat()


def results() -> dict[str, Any]:
    workload = workloads.load("increment")
    # 1,800 seed-steps in a repetition; the peer's turns are 2, 4 and 3 times the engine's.
    timed = {"engine": (READY, [1.0, 1.0, 2.0]), "jax": (READY | {"device": "gpu:0"}, [2.0, 4.0, 6.0])}
    section = running.section(workload, timed, rates=[1e10, 2e10, 3e10]) | {"repetitions": 3, "load_before": 0.25, "load_after": 2.5}
    section["date"] = "2026-01-02"
    scaling = [{"seeds": 100, "seed_steps_per_second": {"median": 5e4}, "milliseconds_per_step": 2.0, "device": "cpu:0"}]
    machine = {"processor": "Abacus", "cores": 2, "memory_gib": 4.0, "system": "Linux", "python": "3.11"}
    return {
        "machine": machine, "versions": {"jax": "1.0"},
        "workloads": {"increment": section}, "scaling": {"increment": scaling},
    }  # fmt: skip


def test_a_section_has_speeds_ratios_and_shares() -> None:
    found = results()["workloads"]["increment"]["contenders"]
    assert found["engine"]["seed_steps_per_second"] == {
        "median": 1800, "lower_quartile": 1350, "upper_quartile": 1800, "all": [1800, 1800, 900],
    }  # fmt: skip
    assert found["engine"]["first_call_seconds"] == 4.0
    assert found["engine"]["matrix_product_share"] == round(1800 * 6 * 100 * 11 * (42 * 32 + 32 * 10) / 3e10, 4)
    assert (found["jax"]["engine_times_faster"], found["jax"]["matrix_product_share"]) == (3.0, None)


def test_tables_in_markdown() -> None:
    text = table.full(results())
    assert "2026-01-02, Abacus, 2 cores, 4.0 GiB, Linux, Python 3.11, jax 1.0; medians of 3 repetitions in turns." in text
    assert "Not timed yet: increment beside Keras fit; Keras fit, many steps" in text
    assert "Not timed at all: count_ones, parity, sort, gru, long_lag, length_100." in text
    assert "180 steps of 10 seeds, 1,706 parameters, 11 MFLOP a step; 2026-01-02, load 0.25 before and 2.5 after" in text
    assert "| JAX scan (gpu:0) | 450 | 375 – 675 | 3.00 × |  | 1.0 s |" in text
    assert "| 100 | 50,000 | 2 |" in text
    header, rule, *lines = table.compact(results()).split("\n\n")[0].splitlines()
    assert {line.count("|") for line in (header, rule, *lines)} == {7}
    assert lines == ["| increment (RNN, 32 units, batch 100, 11 positions) | 1,800 |  |  |  | 3.00 × |"]


def test_the_short_table_has_each_library_at_its_fastest() -> None:
    workload = workloads.load("increment")
    timed = {
        name: (READY, [seconds])
        for name, seconds in [("engine", 1.0), ("keras", 9.0), ("keras-jit", 4.0), ("jax", 3.0), ("jax-lanes", 0.5)]
    }
    found = results() | {
        "workloads": {"increment": running.section(workload, timed, rates=[1e10]) | {"repetitions": 1, "date": "2026-01-03"}}
    }
    assert "| 1,800 | 9.00 × | 4.00 × |  | 0.50 × |" in table.compact(found)
    assert sorted(sum(FAMILIES.values(), ())) == sorted(set(CONTENDERS) - {"engine"})


def test_workloads_are_renewed_beside_others_of_the_same_machine_alone() -> None:
    former = results()
    former["workloads"]["sort"] = {"title": "kept"}
    latest = results()
    latest["machine"]["load_before"] = 7.0
    latest["workloads"] = {"count_ones": {"title": "new"}, "increment": {"title": "newer"}}
    found = running.renewed(former, latest)
    assert [(name, section["title"]) for name, section in found["workloads"].items()] == [
        ("increment", "newer"),
        ("count_ones", "new"),
        ("sort", "kept"),
    ]
    for key, other in (("machine", {"processor": "Slide rule"}), ("versions", {"jax": "2.0"})):
        with pytest.raises(running.BenchmarkError, match=f"results.json: expected the {key} .* to put workloads beside the former ones"):
            running.renewed(former, latest | {key: latest[key] | other})


def test_a_block_is_put_between_the_markers() -> None:
    text = f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n"
    once = table.replaced(text, "| new |")
    assert once == f"before\n{table.BEGIN}\n| new |\n{table.END}\nafter\n"
    assert table.replaced(once, "| new |") == once
    for broken in ("no markers", f"{table.END}{table.BEGIN}", text + text):
        with pytest.raises(ValueError, match="expected one"):
            table.replaced(broken, "")


def test_the_readmes_show_the_results_that_are_committed() -> None:
    committed = json.loads((ROOT / table.RESULTS).read_text(encoding="utf-8"))
    for path, block in ((ROOT / "benchmarks" / "README.md", table.full(committed)), (ROOT / "README.md", table.compact(committed))):
        text = path.read_text(encoding="utf-8")
        assert table.replaced(text, block) == text


def test_an_unknown_workload_or_contender_is_named() -> None:
    from benchmarks.contenders import make

    with pytest.raises(ValueError, match=r"expected one of the workloads increment, .*, got 'decrement'"):
        workloads.load("decrement")
    with pytest.raises(ValueError, match=r"expected one of the contenders engine, .*, got 'flax'"):
        make("flax", workloads.load("increment"))


def test_stages_keep_what_was_not_run_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "benchmarks" / "stages.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"machines": ["old"], "seconds": {"": {"train@a": 9.0, "train@gone": 1.0}, "other": {"train@b": 5.0}}}))
    for folder in ("", "studies/other/", "studies/none/"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "params.yaml").touch()
    for stage, seconds in (("train", 3.0), ("evaluate", 2.0)):
        timing = tmp_path / "data" / "timings" / stage / "a.json"
        timing.parent.mkdir(parents=True)
        timing.write_text(json.dumps({"seconds": seconds, "machine": "new"}))
    stages.main(tmp_path)
    written = json.loads(path.read_text())
    assert written == {"machines": ["new", "old"], "seconds": {"": {"evaluate@a": 2.0, "train@a": 3.0}, "other": {"train@b": 5.0}}}
    assert capsys.readouterr().out.splitlines() == [
        "top: evaluate@a: new, now 2 s",
        "top: train@a: 9 s, now 3 s",
        "top: train@gone: 1 s, now none",
        "top: all: 10 s, now 5 s; those of both: 9 s, now 3 s",
        "other: all: 5 s, now 5 s; those of both: 5 s, now 5 s",
    ]
