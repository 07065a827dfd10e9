"""The model that MLflow logs: it takes what a person writes and returns what a person reads.

``mlflow models serve`` runs this file ("models from code"): ``{"inputs": ["1476233999"]}`` is answered with
``{"predictions": ["1476234000"]}``, and text that the task cannot read with status 400.
"""

import json
from pathlib import Path
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from pipeline.core.notation import InputError


class TextModel(PythonModel):
    """A trained experiment as a function from text to text."""

    def load_context(self, context: PythonModelContext) -> None:
        """Make ready the weights and the task's params that were logged with the model."""
        # Imported here: MLflow also runs this file when it logs the model, and that must not load a deep-learning library.
        from pipeline.answering import Solver

        manifest = json.loads(Path(context.artifacts["manifest"]).read_text(encoding="utf-8"))
        self.solver = Solver.load(Path(context.artifacts["model"]), manifest["params"])

    # MLflow reads the model's signature from these type hints.
    def predict(self, model_input: list[str], params: dict[str, Any] | None = None) -> list[str]:
        """Answer each text.

        Raises:
            MlflowException: A text that the task cannot read; a server turns it into status 400.
        """
        try:
            return [self.solver(text) for text in model_input]
        except InputError as error:
            raise MlflowException(str(error), error_code=INVALID_PARAMETER_VALUE) from error


mlflow.models.set_model(TextModel())
