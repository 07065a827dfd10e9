"""Answer what a person types with a trained net."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from pipeline.answering import Answerer, Predict, with_keras
from pipeline.certification.nets import reading
from pipeline.certification.nets.base import NotCertifiable, run
from pipeline.config import paths
from pipeline.config.study import Settings
from pipeline.core.errors import WrongInput
from pipeline.core.examples import Array
from pipeline.core.notation import InputError
from pipeline.core.task import Task
from pipeline.experiment.entry import Experiment
from pipeline.files import checkpoints
from pipeline.recording.ranking import best


@dataclass(frozen=True)
class Answer:
    """What a net says to one input, and what is right.

    Attributes:
        input: The input as it was given, spaces and tabs in it as single spaces.
        answer: The net's.
        exact: The right one; ``None`` where nobody asked for it.
        right: Whether the net's is right; ``None`` where nobody asked, and for reals that are never counted right or wrong.
    """

    input: str
    answer: str
    exact: str | None = None
    right: bool | None = None


@dataclass(frozen=True)
class Questions:
    """Inputs that were all found good, and the net to ask.

    Attributes:
        count: How many there are.
        check: Whether the exact answers are wanted too.
    """

    answerer: Answerer
    experiment: Experiment
    inputs: Iterable[tuple[str, str]]
    count: int
    check: bool

    def answers(self) -> Iterator[Answer]:
        """Answer one input after the other."""
        task = self.experiment.task
        for _, text in self.inputs:
            inputs = task.parse(text)
            outputs = self.answerer.outputs(inputs)
            given, said = " ".join(text.split()), task.render(inputs, outputs)
            if self.check:
                exact = task.oracle(inputs[np.newaxis])[0]
                yield Answer(given, said, task.render(inputs, exact), _right(task, inputs, outputs, exact))
            else:
                yield Answer(given, said)


def ask(
    settings: Settings, task_name: str, inputs: Iterable[tuple[str, str]], experiment_name: str | None = None, check: bool = False
) -> Questions:
    """Read all ``inputs`` once, and answer none before every one is found good.

    Args:
        settings: All of ``params.yaml``.
        task_name: The task.
        inputs: Where each stands, for messages, and its text; gone through twice.
        experiment_name: Which nets to ask; default: the task's best experiment.
        check: Whether to give the exact answers too.

    Raises:
        ParamsError: There is no such task or experiment.
        InputError: The task cannot read a text, or no net was trained for its length; the message says where it stands.
        CheckpointError: Nothing is trained yet.
    """
    task = settings.task(task_name)
    experiment = settings.experiment(experiment_name) if experiment_name else None
    if experiment and experiment.task.name != task_name:
        raise WrongInput(f"expected an experiment on {task_name}, got {experiment.name}, which is on {experiment.task.name}")
    count, places = _read(task, inputs, check)
    experiment = experiment or best(settings, task_name)
    answerer = Answerer.load(paths.models(experiment.name), experiment.task.params.model_dump())
    answerer = replace(answerer, opened=_opened)
    for length, place in places.items():
        with _at(place):
            answerer.trained_for(length)
    return Questions(answerer, experiment, inputs, count, check)


def _opened(answerer: Answerer, length: int) -> Predict:
    """Load a net that the prover knows into NumPy, which takes no time, and others with Keras, which takes seconds to import.

    The two round otherwise, and so may differ where a net is all but undecided between two answers.
    """
    path = checkpoints.path_of(answerer.folder, length, answerer.chosen[length])
    symbols = answerer.task.spec(length).inputs
    if symbols is None:
        return with_keras(answerer, length)
    try:
        net = reading.read(answerer.recipe.model, checkpoints.read(path), symbols)
    except (NotCertifiable, OSError, ValueError):
        return with_keras(answerer, length)  # and it says what is wrong, if anything is
    return lambda inputs, answers: run(net, inputs[0])[np.newaxis, :, -answers:]


def _read(task: Task, inputs: Iterable[tuple[str, str]], check: bool) -> tuple[int, dict[int, str]]:
    """Count the inputs, and return where each length stands first."""
    count, places = 0, dict[int, str]()
    for place, text in inputs:
        count += 1
        with _at(place):
            symbols = task.parse(text)
            if check:
                task.oracle(symbols[np.newaxis])
        places.setdefault(task.length_of(symbols), place)
    if not count:
        raise InputError("expected an input a line, got none")
    return count, places


@contextmanager
def _at(place: str) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise InputError(f"{place}{error}") from None


def _right(task: Task, inputs: Array, outputs: Array, exact: Array) -> bool | None:
    spec = task.spec(task.length_of(inputs))
    if spec.outputs is not None:
        return np.array_equal(outputs, exact)
    return None if spec.tolerance is None else bool(np.abs(outputs - exact).max() <= spec.tolerance)
