"""``params.yaml`` as it stands, unchecked: what the command line completes names from, quickly."""

from pathlib import Path
from typing import Any

from pipeline.config import paths
from pipeline.core.errors import WrongInput
from pipeline.files.yaml_files import read_yaml


class ParamsError(WrongInput):
    """``params.yaml`` does not say what it must; each line names a key, what was expected and how to mend it."""


def parse(path: Path | None = None) -> dict[str, Any]:
    """Read the file as it stands, unchecked. Raises ``ParamsError`` where it is missing, or no YAML in UTF-8."""
    path = path or paths.params()
    try:
        document = read_yaml(path, kind=ParamsError)
    except FileNotFoundError:
        mend = "run the command at the top of the checkout or in a study's folder"
        raise ParamsError(f"{path}: expected this file in the current folder; {mend}") from None
    if not isinstance(document, dict):
        raise ParamsError(f"{path}: expected the sections tasks and experiments, got {type(document).__name__}")
    return document


def parse_experiments() -> dict[str, Any]:
    """Read the current study as it stands, unchecked, a board's experiments written out. Raises as ``parse``."""
    document = parse()
    if "board" not in document:
        return document
    from pipeline.config import board

    return board.expand(document).document
