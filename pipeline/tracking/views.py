"""Prepared views of the MLflow UI, so that its charts open by one link.

The UI keeps a shared view of a page in a tag of the experiment and opens it by the tag's key. What a view leaves out, charts for
instance, is as on a first visit.
"""

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Experiment

_TAG = "mlflow.sharedViewState."
_NETS = MappingProxyType({"searchFilter": "tags.level = 'seed'", "runsHiddenMode": "SHOW_ALL"})
_BY_EXPERIMENT = MappingProxyType({"aggregateFunction": "average", "groupByKeys": [{"mode": "tag", "groupByData": "experiment"}]})


@dataclass(frozen=True)
class View:
    """What a page of runs shows: its key in the link, what it is called, and the state of the page."""

    key: str
    title: str
    state: dict[str, Any]


COMPARED = View("compared", "experiments compared", {**_NETS, "groupBy": dict(_BY_EXPERIMENT)})
SEEDS = View("seeds", "every seed", dict(_NETS))
VIEWS = (COMPARED, SEEDS)


def prepare(client: MlflowClient, experiment: Experiment) -> None:
    """Make the views known to an MLflow experiment."""
    for view in VIEWS:
        state = json.dumps(view.state)
        if experiment.tags.get(_TAG + view.key) != state:
            client.set_experiment_tag(experiment.experiment_id, _TAG + view.key, state)


def link(address: str, experiment: Experiment, view: View) -> str:
    """Return the link to the charts of a view."""
    page = f"{address}/#/experiments/{experiment.experiment_id}/runs"
    return f"{page}?workflowType=machine_learning&compareRunsMode=CHART&viewStateShareKey={view.key}"
