"""One small training on TensorFlow and on JAX, each in a process of its own."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

# Every architecture, without dropout and noise, which the backends draw differently.
TRAIN = """
import json
import sys
import numpy as np
from pipeline.experiment.training import TrainingParams
from pipeline.core import registry
from pipeline.layers.xla import BACKEND, device
from pipeline.core.examples import TaskSpec
from pipeline.training.engine.batches import Schedule
from pipeline.training.engine.fit import Architecture, fit
from pipeline.training.engine.data import Bucket, TrainingData

assert BACKEND == sys.argv[1]
assert device()[:4] in ("cpu:", "gpu:")
MODELS = [
    ("simple_rnn", {"units": 6, "kernels": "fused", "readout": "uniform_0_1"}, "adagrad", 0.5),
    ("relu_rnn", {"units": 6, "kernels": "fused", "readout": "uniform_0_1"}, "adam", 0.02),
    ("lstm", {"units": 6, "kernels": "fused", "forget_bias": 1.0, "projection": True}, "adam", 0.02),
    ("multi_layer_rnn", {"units": 6, "layers": 2, "kernels": "stacked", "readout": "glorot_uniform"}, "sgd", 0.5),
    ("attention", {"units": 6, "kernels": "fused", "mechanism": "content", "readout": "uniform_0_1"}, "adam", 0.02),
    ("attention", {"units": 6, "kernels": "fused", "mechanism": "location", "readout": "uniform_0_1"}, "adam", 0.02),
    ("seq2seq", {"units": 6, "kernels": "separate", "forget_bias": 1.0, "gates": "hard_sigmoid", "dropout_summary": 0.0,
                 "dropout_logits": 0.0}, "adam", 0.02),
    ("lstm_1997", {"blocks": 2, "size": 2, "weights": "uniform_pm_0_1", "input_gate_biases": [-1.0, -2.0]}, "sgd", 0.5),
    ("carousel", {"units": 6}, "adam", 0.02),
    ("differencing_rnn", {"units": 6, "kernels": "fused"}, "adam", 0.02),
    ("pointer", {"units": 6, "kernels": "fused"}, "adam", 0.02),
    ("stack_rnn", {"units": 6, "kernels": "fused", "readout": "glorot_uniform"}, "adam", 0.02),
    ("pushdown_rnn", {"units": 6, "kernels": "fused", "readout": "glorot_uniform"}, "adam", 0.02),
    ("tape_rnn", {"units": 6, "kernels": "fused", "jumps": True, "readout": "glorot_uniform"}, "adam", 0.02),
    ("oscillators", {"oscillators": 3, "step": 0.3, "fastest": 3.0, "shortest_run": 1, "longest_run": 0}, "adam", 0.02),
    ("gru", {"units": 6, "kernels": "separate", "readout": "glorot_uniform"}, "adam", 0.02),
    ("counters", {"units": 6}, "adam", 0.02),
    ("deltanet", {"units": 6, "heads": 2, "layers": 2}, "adam", 0.005),
    ("transformer", {"units": 6, "heads": 3, "layers": 2, "positions": "relative"}, "sgd", 0.02),
]
assert {name for name, *_ in MODELS} == set(registry.names("models"))
x = np.random.default_rng(0).integers(4, size=(32, 6)).astype(np.uint8)
reals = np.random.default_rng(1).normal(size=(32, 6)).astype(np.float32)
unscored = np.where(np.arange(6) == 4, np.roll(x, 2, axis=1).astype(np.int16), -1)
SYMBOLS = TaskSpec(inputs=4, outputs=4, answer="sequence"), "cross_entropy", x, np.roll(x, 1, axis=1)
DATA = {
    "lstm_1997": (TaskSpec(inputs=4, outputs=4, answer="label"), "half_squared_error", x, unscored),
    "carousel": (TaskSpec(inputs=4, outputs=25, answer="label"), "mean_squared_error", x, x.sum(axis=1, keepdims=True)),
    "differencing_rnn": (TaskSpec(inputs=None, outputs=None, answer="sequence"), "mean_squared_error", reals, np.roll(reals, 1, axis=1)),
    "oscillators": (TaskSpec(inputs=None, outputs=None, answer="sequence"), "mean_squared_error", reals, np.roll(reals, 1, axis=1)),
    "pointer": (*SYMBOLS[:3], np.sort(x, axis=1)),
}
results = []
for name, options, optimizer, rate in MODELS:
    spec, loss, x, y = DATA.get(name, SYMBOLS)
    module = registry.load("models", name)
    recipe = TrainingParams(
        seeds=2, loss=loss, optimizer=optimizer, learning_rate=rate, batch_size=8, order="reshuffled", steps=30, log_every=10,
        stop={"max_abs_error": 0.9, "successes": 25},
    )
    architecture = Architecture(lambda seeds: module.build(spec, module.Params(name=name, **options), seeds), recipe)
    run = fit(architecture, TrainingData([Bucket(x, y, [Schedule(seed, np.arange(32)) for seed in (0, 1)])]))
    results.append([
        {"outcome": vars(t.outcome), "weights": {path: w.tolist() for path, w in t.weights.items()}} for _, t in sorted(run.trained.items())
    ])
print(json.dumps(results))
"""


def results_on(backend: str) -> list[list[dict]]:
    environment = os.environ | {"KERAS_BACKEND": backend}
    done = subprocess.run([sys.executable, "-c", TRAIN, backend], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_training_is_the_same_on_both_backends() -> None:
    for here, there in zip(results_on("tensorflow"), results_on("jax"), strict=True):
        for one, other in zip(here, there, strict=True):
            assert one["outcome"] == other["outcome"]
            assert one["weights"].keys() == other["weights"].keys()
            for path, weights in one["weights"].items():
                np.testing.assert_allclose(weights, other["weights"][path], atol=5e-3, err_msg=path)
