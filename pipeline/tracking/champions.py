"""The model registry: under each task's name the alias ``champion`` is the model that answers best."""

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion

from pipeline.tracking.models import model_of, process_tracking_uri
from pipeline.tracking.runs import NOTE

ALIAS = "champion"
LONGEST = 5000  # characters of a version's description, which servers keep in a column of that width


def promote(client: MlflowClient, name: str, run: Run) -> bool:
    """Point ``models:/<name>@champion`` to the model that ``run`` has logged; a model becomes a version once.

    Returns:
        Whether another model, or none, was the champion before.
    """
    model = model_of(client, run)
    if model is None:
        return False
    model_id = model.model_id
    if not client.search_registered_models(f"name = '{name}'", max_results=1):
        client.create_registered_model(name, description=f"Nets that answer {name}; the alias {ALIAS} is the best one.")
    known = client.search_model_versions(f"name = '{name}'")
    version = next((one for one in known if one.source == _source(model_id)), None) or _new_version(client, name, model_id, run)
    # A version is a number here and a text there, and a search does not tell aliases everywhere.
    if str(client.get_registered_model(name).aliases.get(ALIAS)) == str(version.version):
        return False
    client.set_registered_model_alias(name, ALIAS, str(version.version))
    return True


def _new_version(client: MlflowClient, name: str, model_id: str, run: Run) -> ModelVersion:
    tags = {key: run.data.tags[key] for key in ("experiment", "source", "model") if key in run.data.tags}
    with process_tracking_uri(client.tracking_uri):  # where MLflow looks for a model by its id, whatever client is asked
        return client.create_model_version(
            name, _source(model_id), run_id=run.info.run_id, tags=tags, description=_short(run.data.tags.get(NOTE, "")), model_id=model_id
        )


def _short(text: str) -> str:
    """Cut a description to what the registry keeps, at the end of a paragraph."""
    if len(text) <= LONGEST:
        return text
    rest = "\n\nThe rest is the description of its run."
    return text[: LONGEST - len(rest)].rpartition("\n\n")[0] + rest


def _source(model_id: str) -> str:
    return f"models:/{model_id}"
