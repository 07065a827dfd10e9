"""``nines compare``: what changed between two commits, branches or DVC experiments, from the files that git keeps of each."""

import json
import subprocess

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.config import paths
from pipeline.core.errors import WrongInput
from pipeline.files.yaml_files import text_of
from pipeline.reporting.comparison import Side, comparison
from pipeline.reporting.tables.summary import read_figures
from pipeline.reporting.verdict_rows import read_claims

HERE = "here"
FILES = ("params.yaml", "data/report/metrics.json", "data/report/summary.csv", "data/report/accuracy.csv", "data/report/claims.csv")


def compare(before: str, after: str | None) -> str:
    """Return the comparison as Markdown; without ``after``, with the files that lie here.

    Raises:
        WrongInput: There is no such commit, branch or DVC experiment, or it has no figures.
    """
    return comparison(_side(before), _side(after))


def _side(name: str | None) -> Side:
    commit = name and _resolved(name)
    params, headlines, summary, accuracy, claims = (_text(name, commit, file) for file in FILES)
    if not (params and headlines and summary and accuracy):
        where = f"{name}: expected" if name else "expected"
        raise WrongInput(f"{where} the figures of a report, {', '.join(FILES[1:4])}, got none; make them with 'dvc repro'")
    try:
        return Side(
            name=name or HERE,
            params=YAML(typ="safe").load(params),
            headlines=json.loads(headlines),
            figures=read_figures(summary, accuracy),
            claims=read_claims(claims) if claims else [],
        )
    except (ValueError, KeyError, TypeError, YAMLError) as error:
        raise WrongInput(f"{name or HERE}: expected files as this version writes them, got {type(error).__name__}: {error}") from error


def _resolved(name: str) -> str:
    """Return the commit of a revision, which may be the name of a DVC experiment, as ``dvc exp show`` has it."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.scm import NoSCM, resolve_rev

    scm = Repo(str(paths.folder())).scm
    if isinstance(scm, NoSCM):
        raise WrongInput(f"expected a git repository with the commit '{name}', got sources without one; clone the project with git")
    try:
        return str(resolve_rev(scm, name))
    except DvcException:
        raise WrongInput(f"expected a commit, a branch or the name of a DVC experiment, got '{name}'") from None


def _text(name: str | None, commit: str | None, file: str) -> str:
    """Return a file of the study as a commit has it, or as it lies here; empty where it is not there."""
    if commit is None:
        path = paths.folder() / file
        return text_of(path.read_bytes(), file) if path.is_file() else ""
    shown = subprocess.run(["git", "show", f"{commit}:./{file}"], cwd=paths.folder(), capture_output=True, check=False)
    return text_of(shown.stdout, f"{name}:{file}") if shown.returncode == 0 else ""
