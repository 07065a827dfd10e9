"""The MLflow store: runs are logged there, each once.

A run is found again by its name and the digests of its parts, not by an id that an output would have to remember. While a part
is being written the run carries the tag ``recording.<part>``; once it is complete, ``digest.<part>``. So the next record
recognises and finishes one that was interrupted, and two processes with different results never write to the same run.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag, ViewType

from pipeline.core.errors import Mendable
from pipeline.tracking import champions, kept, liveness, runs
from pipeline.tracking.models import log_model
from pipeline.tracking.opening import connect, locked
from pipeline.tracking.places import artifact_location, folder_of, is_embedded, old_folders, store_uri
from pipeline.tracking.reach import reaching
from pipeline.tracking.runs import Part, RunRecord, digest, flatten

# Without this tag the UI takes an experiment for one about language models and opens on its traces.
_EXPERIMENT_TAGS = MappingProxyType({"mlflow.experimentKind": "custom_model_development"})
_METRICS_PER_BATCH = 1000
_DATASET_DIGEST_SIZE = 36


@dataclass(frozen=True)
class Store:
    """An open store.

    Attributes:
        uri: Its address.
        folder: Where its lock lies on this machine and, for a database, the artifacts.
        client: MLflow's client of it.
    """

    uri: str
    folder: Path
    client: MlflowClient

    def experiment_id(self, name: str) -> str:
        """Return the id of the MLflow experiment ``name``; make it, or bring it back from the bin, if need be.

        Raises:
            Mendable: Its artifacts would go to another folder than the store's, since the checkout was moved.
        """
        found = self.client.get_experiment_by_name(name)
        if found is None:
            location = artifact_location(self.uri, self.folder, name)
            return str(self.client.create_experiment(name, artifact_location=location, tags=dict(_EXPERIMENT_TAGS)))
        if is_embedded(self.uri) and (old := old_folders([found.artifact_location], self.folder)):
            raise Mendable(f"{self.folder}: expected the store that was made here, got one of {old[0]}; run 'nines relocate'")
        if found.lifecycle_stage == "deleted":
            self.client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)

    def identity(self) -> str:
        """Tell this store from one that was made anew at its place: when its first experiment was made.

        Raises:
            StoreUnreachable: The store could not be read.
        """
        with reaching(self.uri):
            (first,) = self.client.search_experiments(view_type=ViewType.ALL, max_results=1, order_by=["creation_time ASC"])
            return f"{first.experiment_id} of {first.creation_time}"

    def record(self, record: RunRecord) -> bool:
        """Tell the store about a run: make it, add the parts it lacks, or do nothing if it has them all.

        Returns:
            Whether anything was written.

        Raises:
            StoreUnreachable: The store could not be read or written. The run, if begun, stays unfinished and a later call
                completes it.
        """
        with reaching(self.uri), locked(self.folder, _writing(record)), ExitStack() as held:
            run = self._claim(record, held)
            missing = self._missing(run, record)
            for part in missing:
                self._write(run, part)
            if not missing and run.info.status == "FINISHED":
                return False
            if not _pending(self.client.get_run(run.info.run_id).data.tags):
                self.client.set_terminated(run.info.run_id, "FINISHED")
            return True

    def promote(self, record: RunRecord) -> bool:
        """Make the model of a recorded run the champion of its MLflow experiment; return whether that is news.

        Raises:
            StoreUnreachable: The store could not be read or written.
        """
        with reaching(self.uri), locked(self.folder):
            run = self._find(self.experiment_id(record.experiment), record)
            if run is None or self._missing(run, record):
                return False
            return champions.promote(self.client, record.experiment, run)

    def _claim(self, record: RunRecord, held: ExitStack) -> Run:
        """Find the run that ``record`` describes, or make it, mark the parts about to be written, and hold the run's lock."""
        claims = {_begun(part): part.digest for part in record.parts}
        with locked(self.folder):
            experiment_id = self.experiment_id(record.experiment)
            run = self._find(experiment_id, record)
            if run is None:
                run = self.client.create_run(experiment_id, run_name=record.name, tags={**record.tags, **claims})
                held.enter_context(liveness.recording(self.folder, run.info.run_id))
            elif missing := self._missing(run, record):
                held.enter_context(liveness.recording(self.folder, run.info.run_id))
                for part in missing:
                    self.client.set_tag(run.info.run_id, _begun(part), part.digest)
                self.client.update_run(run.info.run_id, status="RUNNING")
            return run

    def _missing(self, run: Run, record: RunRecord) -> list[Part]:
        """List the parts that the run lacks, or whose files are gone from this machine."""
        return [part for part in record.parts if run.data.tags.get(_done(part)) != part.digest or not kept.all_of(self.client, run, part)]

    def _find(self, experiment_id: str, record: RunRecord) -> Run | None:
        """Return the run of that name without a conflicting digest that has most of the parts already."""
        named = self.client.search_runs([experiment_id], filter_string=f"attributes.run_name = '{record.name}'")
        fitting = [run for run in named if not _conflicts(run, record)]
        return max(fitting, key=lambda run: sum(run.data.tags.get(_done(p)) == p.digest for p in record.parts), default=None)

    def _write(self, run: Run, part: Part) -> None:
        """Write one part, its digest last. Writing a part again, after an interruption, changes nothing that is there."""
        run_id = run.info.run_id
        params = [Param(key, value) for key, value in flatten(part.params).items()]
        self.client.log_batch(run_id, params=params, tags=[RunTag(key, value) for key, value in part.tags.items()])
        # MLflow drops a point that it has already only if its time is the same too: so all points carry the run's start.
        metrics = [Metric(point.key, point.value, run.info.start_time, point.step) for point in part.points]
        for start in range(0, len(metrics), _METRICS_PER_BATCH):
            self.client.log_batch(run_id, metrics=metrics[start : start + _METRICS_PER_BATCH])
        if part.datasets:
            self.client.log_inputs(run_id, datasets=[_dataset(dataset) for dataset in part.datasets])
        for path, folder in part.artifacts:
            self.client.log_artifact(run_id, str(path), folder or None)
        if part.model:
            log_model(self.client, run_id, part.model)
        self.client.set_tag(run_id, _done(part), part.digest)


def open_store(root: Path) -> Store:
    """Open the store of the checkout at ``root`` (see ``pipeline.tracking.places``); safe to call from many processes at once.

    Runs that a killed process left unfinished are closed as KILLED; recording them again finishes them.

    Raises:
        StoreUnreachable: There is no store at the address and none can be made there.
    """
    uri = store_uri(root)
    with reaching(uri):
        folder = folder_of(uri, root)
        client = connect(uri, folder)
        with locked(folder):
            liveness.close_dead(client, folder)
        return Store(uri, folder, client)


def _writing(record: RunRecord) -> str:
    """Name the lock that keeps two processes from writing the same run at once: two DVC experiments may share a result.

    There are few locks for many runs, so that their files do not pile up.
    """
    return f"writer-{digest(record.name.encode())[0]}"


def _begun(part: Part) -> str:
    return f"recording.{part.name}"


def _done(part: Part) -> str:
    return f"digest.{part.name}"


def _conflicts(run: Run, record: RunRecord) -> bool:
    tags = run.data.tags
    known = [(tags.get(_done(part)) or tags.get(_begun(part)), part.digest) for part in record.parts if part.identity]
    return any(there is not None and there != wanted for there, wanted in known)


def _pending(tags: dict[str, str]) -> bool:
    begun = {key.removeprefix("recording."): value for key, value in tags.items() if key.startswith("recording.")}
    return any(tags.get(f"digest.{name}") != value for name, value in begun.items())


def _dataset(dataset: runs.DatasetInput) -> DatasetInput:
    entity = Dataset(dataset.name, dataset.digest[:_DATASET_DIGEST_SIZE], "local", f'{{"uri": "{dataset.source}"}}')
    return DatasetInput(entity, [InputTag("mlflow.data.context", dataset.context)])
