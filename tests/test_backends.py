"""One small training on TensorFlow and on JAX, each in a process of its own."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

# Every architecture without dropout, whose masks differ between the backends.
TRAIN = """
import json
import sys
import numpy as np
from pipeline.core.params import TrainingParams
from pipeline.core import registry
from pipeline.layers.xla import BACKEND
from pipeline.tasks.base import TaskSpec
from pipeline.training.batches import Schedule
from pipeline.training.fit import Architecture, TrainingData, fit

assert BACKEND == sys.argv[1]
MODELS = [
    ("simple_rnn", {"units": 6, "kernels": "fused", "readout": "uniform_0_1"}, "adagrad", 0.5),
    ("lstm", {"units": 6, "kernels": "fused", "forget_bias": 1.0, "projection": True}, "adam", 0.02),
    ("multi_layer_rnn", {"units": 6, "layers": 2, "kernels": "stacked", "readout": "glorot_uniform"}, "sgd", 0.5),
    ("attention", {"units": 6, "kernels": "fused", "mechanism": "content", "readout": "uniform_0_1"}, "adam", 0.02),
    ("attention", {"units": 6, "kernels": "fused", "mechanism": "location", "readout": "uniform_0_1"}, "adam", 0.02),
    ("seq2seq", {"units": 6, "kernels": "separate", "forget_bias": 1.0, "gates": "hard_sigmoid", "dropout_summary": 0.0,
                 "dropout_logits": 0.0}, "adam", 0.02),
    ("lstm_1997", {"blocks": 2, "size": 2, "weights": "uniform_pm_0_1", "input_gate_biases": [-1.0, -2.0]}, "sgd", 0.5),
]
results = []
for name, options, optimizer, rate in MODELS:
    padded = name == "lstm_1997"
    spec = TaskSpec(inputs=4, outputs=4, answer="label" if padded else "sequence", padded=padded)
    module = registry.load("models", name)
    recipe = TrainingParams(
        seeds=2, loss="half_squared_error" if padded else "cross_entropy", optimizer=optimizer, learning_rate=rate, batch_size=8,
        order="reshuffled", steps=30, log_every=10, stop={"max_abs_error": 0.9, "successes": 25},
    )
    x = np.random.default_rng(0).integers(4 + padded, size=(32, 6)).astype(np.uint8)
    y = x[:, 0] % 4 if padded else np.roll(x, 1, axis=1)
    architecture = Architecture(lambda seeds: module.build(spec, module.Params(name=name, **options), seeds), recipe)
    run = fit(architecture, TrainingData(x, y, [Schedule(seed, np.arange(32)) for seed in (0, 1)]))
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
                np.testing.assert_allclose(weights, other["weights"][path], atol=2e-4, err_msg=path)
