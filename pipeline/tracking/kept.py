"""Whether the files of a run are still there: a store is a database and a folder, and the two can lose one another."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlflow import MlflowClient
from mlflow.entities import Run

from pipeline.tracking.models import model_of
from pipeline.tracking.runs import Part


def all_of(client: MlflowClient, run: Run, part: Part) -> bool:
    """Say whether all files of a part that was logged are there; of those that lie on no disk of this machine, yes."""
    folder = _folder(run.info.artifact_uri)
    if folder and not all((folder / below / path.name).exists() for path, below in part.artifacts):
        return False
    return part.model is None or _has_model(client, run)


def _has_model(client: MlflowClient, run: Run) -> bool:
    model = model_of(client, run)
    if model is None:
        return False
    folder = _folder(model.artifact_location)
    return folder is None or (folder / "MLmodel").is_file()


def _folder(location: str) -> Path | None:
    """Return the folder of an artifact location, ``None`` if it is on another machine."""
    parts = urlsplit(location)
    return Path(unquote(parts.path)) if parts.scheme in ("", "file") else None
