"""Read ``params.yaml`` and check it whole: every key of every task, model and recipe, and what they say of each other."""

import re
from pathlib import Path
from typing import Any

from pipeline.config import board, paths, sections
from pipeline.config.document import parse
from pipeline.config.faults import unknown_sections
from pipeline.config.guarantee import GuaranteeParams
from pipeline.config.sections import section, validated
from pipeline.config.shape import Shape
from pipeline.config.study import Settings
from pipeline.core import registry
from pipeline.core.task import Task
from pipeline.experiment.certificate import CertificateParams
from pipeline.experiment.entry import Experiment, Provenance
from pipeline.experiment.evaluation import EvaluationParams
from pipeline.experiment.model import ModelParams
from pipeline.experiment.training import LOSSES, TrainingParams
from pipeline.guarantees.kinds import EXPECTED, kind_of

SECTIONS = ("tasks", "experiments", "certificates", "guarantees")
NAME = r"[a-z][a-z0-9_]*(-[a-z0-9_]+)*"


def read(path: Path | None = None) -> Settings:
    """Read and check ``params.yaml``, by default that of the current study.

    Raises:
        ParamsError: With a line for each fault.
    """
    path = path or paths.params()
    document = parse(path)
    plan = board.expand(document) if "board" in document else None
    faults = [] if plan else unknown_sections(document, SECTIONS)
    document = plan.document if plan else document
    tasks = sections.tasks(document, faults)
    experiments = {
        name: experiment
        for name, entry in section(document, "experiments", faults)
        if (experiment := _experiment(name, entry, tasks, _names(document, "tasks"), faults))
    }
    certificates = {
        name: params
        for name, entry in section(document, "certificates", faults)
        if (params := _certificate(name, entry, experiments, _names(document, "experiments"), faults))
    }
    guarantees = {
        name: guaranteed
        for name, entry in ([] if plan else section(document, "guarantees", faults))
        if (guaranteed := _guarantee(name, entry, experiments, document, faults))
    }
    if plan is not None:
        faults = plan.faults_of(faults)
    sections.require_none(faults, path)
    return Settings(tasks, experiments, certificates, guarantees, plan.board if plan else None)


def _names(document: dict[str, Any], section: str) -> list[str]:
    found = document.get(section)
    return [str(key) for key in found] if isinstance(found, dict) else []


def _experiment(name: str, entry: Any, tasks: dict[str, Task], known: list[str], faults: list[str]) -> Experiment | None:
    key = f"experiments.{name}"
    if not re.fullmatch(NAME, str(name)):
        faults.append(f"{key}: expected a name of small letters, digits, _ and -, such as increment-rnn, got '{name}'")
        return None
    shape = Shape.of(entry, key, faults)
    if shape is None:
        return None
    try:
        model = validated(registry.load("models", str(shape.model.get("name"))).Params, shape.model, f"{key}.model", faults)
    except registry.UnknownName as error:
        faults.append(f"{key}.model.name: {error}")
        model = None
    training = validated(TrainingParams, shape.training, f"{key}.training", faults)
    evaluation = validated(EvaluationParams, shape.evaluation, f"{key}.evaluation", faults)
    provenance = validated(Provenance, shape.provenance, key, faults)
    if shape.task not in known:
        faults.append(
            f"{key}.task: expected one of the tasks above ({', '.join(known)}), got '{shape.task}'{registry.nearest(shape.task, known)}"
        )
    task = tasks.get(shape.task)
    if task is None or model is None or training is None or evaluation is None or provenance is None:
        return None
    if provenance.tuned_on and provenance.tuned_on[0] < training.seeds:
        trained = f"0 to {training.seeds - 1}"
        faults.append(f"{key}.tuned_on: expected none of the seeds that are trained ({trained}), got {provenance.tuned_on[0]}")
    faults.extend(f"{key}.training.{fault}" for fault in _disagreements(task, model, training))
    if expected := model.abilities.misfit(task.spec(task.training_size.nets[0])):
        faults.append(f"{key}.model.name: expected {expected} for the model {model.name}, got the task {task.name}")
    return Experiment(name, task, model, training, evaluation, provenance.source, provenance.tuned_on)


def _certificate(
    name: str, entry: Any, experiments: dict[str, Experiment], known: list[str], faults: list[str]
) -> CertificateParams | None:
    key = f"certificates.{name}"
    if name not in known:
        faults.append(f"{key}: expected the name of an experiment, got '{name}'{registry.nearest(str(name), known)}")
        return None
    params = validated(CertificateParams, entry, key, faults)
    experiment = experiments.get(name)
    if params is None or experiment is None:
        return None
    if params.task != experiment.task.name:
        faults.append(f"{key}.task: expected the experiment's own ({experiment.task.name}), got '{params.task}'")
    if experiment.task.transducer is None:
        faults.append(f"{key}: expected an experiment whose task has a transducer, got one of the task {experiment.task.name}")
    return params


def _guarantee(
    name: str, entry: Any, experiments: dict[str, Experiment], document: dict[str, Any], faults: list[str]
) -> GuaranteeParams | None:
    key, known = f"guarantees.{name}", _names(document, "experiments")
    if name not in known:
        faults.append(f"{key}: expected the name of an experiment, got '{name}'{registry.nearest(str(name), known)}")
        return None
    params = validated(GuaranteeParams, entry, key, faults)
    experiment = experiments.get(name)
    if params is None or experiment is None:
        return None
    if params.task != experiment.task.name:
        faults.append(f"{key}.task: expected the experiment's own ({experiment.task.name}), got '{params.task}'")
    if kind_of(experiment.model.model_dump(), experiment.task.name) is None:
        faults.append(f"{key}: {EXPECTED}, got {experiment.model.name} of {experiment.task.name}")
    if name in _names(document, "certificates"):
        faults.append(f"{key}: expected an experiment that is not under certificates, whose folder both would write; remove one of the two")
    return params


def _disagreements(task: Task, model: ModelParams, training: TrainingParams) -> list[str]:
    faults, size = [], task.training_size
    unknown = [length for length in training.lengths or [] if length not in size.lengths]
    if unknown:
        known = ", ".join(map(str, size.lengths))
        faults.append(f"lengths: expected lengths that the task {task.name} trains at ({known}), got {', '.join(map(str, unknown))}")
    reals = model.puts_out_reals(task.spec(size.lengths[0]))
    if registry.load(LOSSES, training.loss).LOSS.of not in ("either", "reals" if reals else "logits"):
        expected = "a mean error (the net's outputs are reals)" if reals else "a cross-entropy (the net's outputs are logits)"
        faults.append(f"loss: expected {expected}, got '{training.loss}'")
    answer, shortest = task.spec(size.lengths[0]).answer, min(training.lengths or size.lengths)
    if training.ignore_first and (answer != "sequence" or shortest <= training.ignore_first):
        faults.append("ignore_first: expected a task with an answer at every position, and more positions than are left out")
    if training.last_share is not None and (answer == "label" or shortest == 1 or size.together):
        faults.append("last_share: expected a task with several answers, all of one training length; remove it")
    if training.contraction is not None and not model.bounds_images:
        able = [name for name in registry.names("models") if registry.load("models", name).Params.bounds_images]
        faults.append(f"contraction: expected a model that bounds images of boxes ({', '.join(able)}), got {model.name}; remove it")
    if size.trials is not None:
        if training.seeds > size.trials:
            faults.append(f"seeds: expected at most {size.trials} (tasks.{task.name}.trials), got {training.seeds}")
        if training.order != "stream":
            faults.append(f"order: expected 'stream' (the order of {task.name} is part of its data), got '{training.order}'")
    if training.order == "stream" and (training.steps or 0) * training.batch_size > size.examples:
        faults.append(
            f"steps: expected at most {size.examples // training.batch_size} (the length of the stream in batches), got {training.steps}"
        )
    if training.order == "stream" and training.steps is None:
        faults.append("epochs: expected steps instead (a stream is met once)")
    return faults
