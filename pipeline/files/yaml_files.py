"""YAML files that a person wrote, or a merge: what cannot be read is one line with the place."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline.core.errors import WrongInput

_CONFLICT = ("<" * 7, "=" * 7, ">" * 7)


def text_of(data: bytes, name: str, *, kind: type[WrongInput] = WrongInput) -> str:
    """Return the text of the file ``name``, in UTF-8; a byte order mark is passed over.

    Raises:
        WrongInput: It is no text in UTF-8; the message names the file and the line.
    """
    try:
        return data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise kind(
            f"{name}: expected text in UTF-8, got the byte {data[error.start]:#04x} in line {line}; save the file as UTF-8"
        ) from None


def read_yaml(path: Path, *, comments: bool = False, kind: type[WrongInput] = WrongInput) -> Any:
    """Read a YAML file.

    Args:
        path: The file, in UTF-8; a byte order mark is passed over.
        comments: Whether to keep comments, as ``ruamel.yaml`` does with its own kinds of dictionaries and lists.
        kind: The exception to raise.

    Raises:
        WrongInput: It is no text in UTF-8, or no YAML; the message names the file and the line.
        FileNotFoundError: It is not there.
    """
    text = text_of(path.read_bytes(), str(path), kind=kind)
    marked = next((number for number, line in enumerate(text.splitlines(), start=1) if line.startswith(_CONFLICT)), None)
    if marked is not None:
        raise kind(f"{path}: expected YAML, got the marks of a merge in line {marked}; finish the merge (docs/merging.md)")
    try:
        return (YAML() if comments else YAML(typ="safe")).load(text)
    except MarkedYAMLError as error:
        where = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise kind(f"{path}: expected YAML, got {error.problem}{where}") from None
    except YAMLError as error:
        raise kind(f"{path}: expected YAML, got {' '.join(str(error).split())}") from None
