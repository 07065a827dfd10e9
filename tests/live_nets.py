"""Nets with random weights, of every architecture that the live page computes and every task on symbols, and their page in a browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import chromium
from playwright.sync_api import Browser, Page
from test_models import scramble
from test_report_in_browser import opened
from test_tasks import make

from pipeline.core import registry
from pipeline.core.task import Task
from pipeline.reporting.inputs.claims import Study
from pipeline.reporting.live.nets import Net, Shown
from pipeline.reporting.live.page import Live, live_page
from pipeline.reporting.page import environment
from pipeline.trained import build

SEEDS = (0, 1)
FUSED: dict[str, Any] = {"units": 7, "kernels": "fused"}
READ = {"readout": "glorot_uniform"}
# Every architecture, each of its ways to compute, and every task on symbols: nets with random weights.
NETS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "increment-rnn": ("increment", "simple_rnn", FUSED | READ),
    "increment-lstm": ("increment", "lstm", FUSED | READ | {"forget_bias": 1.0, "input_bias": -1.0, "gates": "hard_sigmoid"}),
    "increment-gru": ("increment", "gru", FUSED | READ),
    "increment-gru-before": ("increment", "gru", FUSED | READ | {"reset": "before"}),
    "increment-layers": ("increment", "multi_layer_rnn", FUSED | READ | {"layers": 3}),
    "increment-content": ("increment", "attention", FUSED | READ | {"mechanism": "content"}),
    "increment-location": ("increment", "attention", FUSED | READ | {"mechanism": "location"}),
    "sort-pointer": ("sort", "pointer", FUSED),
    "sort-seq2seq": (
        "sort", "seq2seq", FUSED | {"forget_bias": 1.0, "gates": "hard_sigmoid", "dropout_summary": 0.0, "dropout_logits": 0.0},
    ),
    "count_ones-carousel": ("count_ones", "carousel", {"units": 7}),
    "count_ones-lstm": ("count_ones", "lstm", FUSED | READ | {"forget_bias": 1.0, "scalar_input": True}),
    "parity-lstm": ("parity", "lstm", FUSED | {"forget_bias": 1.0, "scalar_input": True, "projection": True}),
    "temporal_order-blocks": (
        "temporal_order", "lstm_1997", {"blocks": 2, "size": 3, "weights": "uniform_pm_0_1", "input_gate_biases": "-2, -4"},
    ),
    "temporal_order-blocks-read-otherwise": (
        "temporal_order", "lstm_1997",
        {
            "blocks": 2, "size": 3, "weights": "uniform_pm_0_1", "input_gate_biases": "-2, -4", "output": "linear", "recurrent": "cells",
            "g_range": 1.5, "h_range": 2.0,
        },
    ),
    "long_lag-lstm": ("long_lag", "lstm", FUSED | READ | {"forget_bias": 1.0}),
    "noisy_lag-rnn": ("noisy_lag", "simple_rnn", FUSED | READ),
    "reverse_string-rnn": ("reverse_string", "simple_rnn", FUSED | READ),
}  # fmt: skip


def task_of(name: str) -> Task:
    shorter: dict[str, dict[str, object]] = {
        "temporal_order": {"length": 20},
        "long_lag": {"time_steps": "4-10"},
        "noisy_lag": {"time_steps": "5, 10"},
    }
    return make(name, **shorter.get(name, {}))


def network_of(experiment: str) -> Any:
    name, model, options = NETS[experiment]
    task = task_of(name)
    params = registry.load("models", model).Params.model_validate({"name": model} | options)
    network = build(task, params, task.training_size.nets[-1], SEEDS)
    scramble(network)
    return network


def written(path: Path) -> Path:
    """Write the page of these nets."""
    group = []
    for experiment, (name, model, options) in NETS.items():
        network, length = network_of(experiment), task_of(name).training_size.nets[-1]
        params = registry.load("models", model).Params.model_validate({"name": model} | options)
        group.append(
            Shown(experiment, name, "ours", params.model_dump(), "", tuple(Net(seed, length, network.weights_of(seed)) for seed in SEEDS))
        )
    tasks = {name: task_of(name) for name, _, _ in NETS.values()}
    return put(live_page(environment(), group, tasks, {}, Study(), []), path)


def put(live: Live, path: Path) -> Path:
    """Write a page and what lies beside it."""
    path.write_text(live.html, encoding="utf-8")
    for name, script in live.beside.items():
        (path.parent / "live").mkdir(exist_ok=True)
        (path.parent / "live" / f"{name}.js").write_text(script, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def live_opened(browser: Browser, path: Path, width: int, scheme: str) -> tuple[Page, list[str]]:
    """Open a live page and wait until its nets are unpacked."""
    page, complaints = opened(browser, path, width, scheme)
    page.wait_for_selector("html[data-ready]", timeout=120_000)
    return page, complaints


@pytest.fixture(scope="module")
def computed(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of nets with random weights."""
    page, complaints = live_opened(browser, written(tmp_path_factory.mktemp("computed") / "live.html"), 1400, "light")
    yield page
    assert complaints == []
