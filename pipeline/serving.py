"""The model that MLflow logs: it takes what a person writes and returns what a person reads.

``mlflow models serve`` runs this file ("models from code"): ``{"inputs": ["1476233999"]}`` is answered with
``{"predictions": ["1476234000"]}``, and text that the task cannot read, or more of it than one request may hold, with status 400.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from pipeline.core.notation import InputError

if TYPE_CHECKING:
    from pipeline.answering import Answerer


@dataclass(frozen=True)
class Limits:
    """What one request may ask for, so that none keeps a server busy, or takes its memory, for long.

    A net that reads position by position answers some ten thousand of them a second on a slow machine, in memory that does not grow. One
    that reads all of its input first takes memory for it, and beyond 2,047 positions a compiled program for each length, which is kept.

    Attributes:
        texts: The most texts.
        characters: The most characters of all texts together.
        at_once: The most positions of a text for a net that reads all of it before it answers.
        seconds: After so many no further text is begun, counted from the first answer, before which the net is loaded.
    """

    texts: int = 1_000
    characters: int = 100_000
    at_once: int = 2_000
    seconds: float = 30.0

    def check(self, texts: list[str]) -> None:
        """Raise ``InputError`` for more than one request may hold."""
        if len(texts) > self.texts:
            raise InputError(f"expected at most {self.texts:,} texts in a request, got {len(texts):,}; send them in several")
        if (characters := sum(map(len, texts))) > self.characters:
            raise InputError(f"expected at most {self.characters:,} characters in a request, got {characters:,}; send fewer at a time")

    def check_length(self, positions: int, streams: Callable[[], bool]) -> None:
        """Raise ``InputError`` for a text that is too long for its net, unless that ``streams``."""
        if positions > self.at_once and not streams():
            raise InputError(f"expected at most {self.at_once:,} symbols for a net that reads all before it answers, got {positions:,}")

    def check_time(self, begun: float, done: int) -> None:
        """Raise ``InputError`` if the time since ``begun`` (``time.monotonic``) is used up; ``done`` texts have been answered."""
        if time.monotonic() - begun > self.seconds:
            raise InputError(f"expected texts that are answered within {self.seconds:g} s, got {done} done by then; send fewer at a time")


class TextModel(PythonModel):
    """A trained experiment as a function from text to text."""

    limits = Limits()

    def load_context(self, context: PythonModelContext) -> None:
        """Make ready the weights and the task's params that were logged with the model."""
        # Imported here: MLflow also runs this file when it logs the model, and that must not load a deep-learning library.
        from pipeline.answering import Answerer

        manifest = json.loads(Path(context.artifacts["manifest"]).read_text(encoding="utf-8"))
        self.answerer = Answerer.load(Path(context.artifacts["model"]), manifest["params"])

    # MLflow reads the model's signature from these type hints.
    def predict(self, model_input: list[str], params: dict[str, Any] | None = None) -> list[str]:
        """Answer each text.

        Raises:
            MlflowException: A text that the task cannot read, or too much of it; a server turns it into status 400.
        """
        try:
            return answered(self.answerer, model_input, self.limits)
        except InputError as error:
            raise MlflowException(str(error), error_code=INVALID_PARAMETER_VALUE) from error


def answered(answerer: "Answerer", texts: list[str], limits: Limits) -> list[str]:
    """Answer texts, none before all are found good and small enough. Raises ``InputError``."""
    limits.check(texts)
    inputs = [answerer.task.parse(text) for text in texts]
    for one in inputs:
        length = answerer.trained_for(answerer.task.length_of(one))
        limits.check_length(len(one), partial(answerer.streams, length))
    begun, answers = 0.0, list[str]()
    for one in inputs:
        if answers:
            limits.check_time(begun, len(answers))
        answers.append(answerer.task.render(one, answerer.outputs(one)))
        begun = begun or time.monotonic()
    return answers


mlflow.models.set_model(TextModel())
