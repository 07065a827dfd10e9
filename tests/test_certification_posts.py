"""The nets of the posts, trained as the posts train them: they break, and the prover says where."""

from functools import partial

import numpy as np
import pytest

from pipeline.certification.nets.reading import read
from pipeline.certification.prover.counterexamples import judge
from pipeline.certification.prover.prove import Effort, Refusal, prove
from pipeline.config import settings
from pipeline.experiment.entry import Experiment
from pipeline.trained import build
from pipeline.training.engine.batches import Schedule
from pipeline.training.engine.data import Bucket, TrainingData
from pipeline.training.engine.fit import Architecture, fit

SEEDS = (0, 1, 2, 3, 4)


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return settings.read().experiments["increment-rnn-post"]


@pytest.fixture(scope="module")
def weights(experiment: Experiment) -> dict[int, dict[str, np.ndarray]]:
    ((length, pool),) = experiment.task.training_pools().items()
    examples = np.arange(len(pool.inputs) - pool.validation, dtype=np.int32)
    data = TrainingData([Bucket(pool.inputs, pool.targets, [Schedule(seed, examples) for seed in SEEDS])])
    trained = fit(Architecture(partial(build, experiment.task, experiment.model, length), experiment.training), data)
    return {seed: trained.trained[seed].weights for seed in SEEDS}


def test_nets_of_the_post_are_refused_with_a_number_that_they_get_wrong(experiment, weights) -> None:
    """How many break, and where, hangs on the processor's rounding; none may be certified, and what is shown must be wrong."""
    transducer, found = experiment.task.transducer, 0
    assert transducer is not None
    for seed in SEEDS:
        net = read(experiment.model.model_dump(), weights[seed], transducer.symbols)
        outcome = prove(net, transducer, effort=Effort(ks=(1,), splits=2))
        assert isinstance(outcome, Refusal)
        if hit := outcome.counterexample:
            found += 1
            assert judge(net, transducer, np.array(hit.inputs)) == hit
            assert hit.expected[-1] != hit.got[-1]
    assert found >= 2
