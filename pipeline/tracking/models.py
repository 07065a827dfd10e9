"""Logging a model that ``mlflow models serve`` can answer with ("models from code": the model is a Python file)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LoggedModel, Run
from mlflow.exceptions import MlflowException
from mlflow.models import Model

from pipeline.tracking.runs import ServedModel

MODEL_NAME = "model"


def log_model(client: MlflowClient, run_id: str, model: ServedModel) -> None:
    """Log ``model`` as the run's one model; a half-logged one of an interrupted attempt is deleted first."""
    run = client.get_run(run_id)
    while earlier := model_of(client, run):
        client.delete_logged_model(earlier.model_id)
    # Not mlflow.pyfunc.log_model: it needs a current run, which is state of the whole process. And Model.log by itself would
    # put the model into the experiment "Default" and below the current folder.
    entry = client.create_logged_model(run.info.experiment_id, name=MODEL_NAME, source_run_id=run_id, params=run.data.params)
    with process_tracking_uri(client.tracking_uri):
        Model.log(
            artifact_path=None,
            flavor=mlflow.pyfunc,
            run_id=run_id,
            model_id=entry.model_id,
            python_model=str(model.code),
            code_paths=[str(package) for package in model.packages],
            artifacts={name: str(path) for name, path in model.files.items()},
            input_example=list(model.example) or None,
            pip_requirements=[f"{name}=={version(name)}" for name in model.requirements],
        )


def model_of(client: MlflowClient, run: Run) -> LoggedModel | None:
    """Return the model that a run has logged; ``None`` if it has none, or none that was not deleted.

    A run goes on naming the models of it that were deleted, in no order that would tell.
    """
    for output in run.outputs.model_outputs if run.outputs else ():
        with suppress(MlflowException):  # of one that was deleted
            return client.get_logged_model(output.model_id)
    return None


@contextmanager
def process_tracking_uri(uri: str) -> Iterator[None]:
    """Point MLflow's process-wide address at ``uri`` for a while.

    MLflow also writes it to the environment, where the next ``open_store`` would take it for the user's wish.
    """
    before = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(None)
        if before is not None:
            os.environ["MLFLOW_TRACKING_URI"] = before
