"""This project's engine, called as ``pipeline/stages/train.py`` calls it: groups of seeds on worker threads, chunks of compiled steps."""

from collections.abc import Callable
from threading import Event
from time import perf_counter

from benchmarks.workloads import Workload
from pipeline.core.workers import WORKERS, in_threads
from pipeline.experiment.training import TrainingParams
from pipeline.layers.networks import Network
from pipeline.layers.xla import device
from pipeline.trained import build
from pipeline.training.engine.batches import Schedule
from pipeline.training.engine.data import Bucket, TrainingData
from pipeline.training.engine.fit import Architecture, fit, seed_groups


class Engine:
    packages = ("tensorflow", "keras")

    def __init__(self, workload: Workload) -> None:
        self.workload = workload
        self.device = device()
        self._workers = 1 if self.device.startswith("gpu") else WORKERS
        recipe, experiment = workload.recipe, workload.experiment
        # Built beforehand, so that the clock sees training alone; one Architecture, so that it compiles once.
        self._nets: dict[tuple[int, ...], Network] = {
            seeds: build(experiment.task, experiment.model, workload.length, seeds)
            for seeds in seed_groups(recipe.seeds, recipe.batch_size, self._workers)
        }
        self._architecture = Architecture(self._nets.__getitem__, recipe)
        self.parameters = sum(v.size for v in next(iter(self._nets.values())).weights_of(0).values())

    def train(self) -> float:
        jobs = [self._job(seeds, self.workload.recipe) for seeds in self._nets]
        start = perf_counter()
        in_threads(jobs, self._workers)
        return perf_counter() - start

    def losses(self) -> list[float]:
        # The order of the batches is no part of the program, so this compiles nothing anew.
        order = "fixed" if self.workload.recipe.order == "reshuffled" else self.workload.recipe.order
        return self._job(next(iter(self._nets)), self.workload.recipe.model_copy(update={"order": order}))(Event())

    def _job(self, seeds: tuple[int, ...], recipe: TrainingParams) -> Callable[[Event], list[float]]:
        """Set one group back to its initial weights; return its training, which gives the first seed's mean loss of each chunk."""
        workload = self.workload
        self._nets[seeds].assign([workload.net.draw(seed) for seed in seeds])
        self._architecture.params = recipe
        data = TrainingData([Bucket(*workload.examples, [Schedule(seed, workload.order(seed)) for seed in seeds])])

        def run(stopping: Event) -> list[float]:
            curve: list[float] = []
            fit(self._architecture, data, log=lambda step, values: curve.append(values["loss"][0]))
            return curve

        return run


BUILDERS = {"engine": Engine}
