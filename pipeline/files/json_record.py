"""Small JSON files read into types; what is there and is not what it should be is named."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.core.errors import Mendable

T = TypeVar("T", bound=BaseModel)


def read(path: Path, kind: type[T], fault: type[Mendable], remedy: str) -> T | None:
    """Read one value of ``kind``; ``None`` if the file is not there.

    Raises:
        Mendable: Of the kind ``fault``: the path, the first thing that is wrong, and ``remedy``, the command that makes the file.
    """
    if not path.is_file():
        return None
    try:
        return kind.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "content"
        raise fault(f"{path}: {place}: {first['msg'][0].lower()}{first['msg'][1:]}; make it again with: {remedy}") from error
