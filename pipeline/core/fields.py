"""What the sections of ``params.yaml`` share: strict models, and lists of numbers that may be written as text."""

import re
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PositiveInt

_RANGE = re.compile(r"(\d+)(?:\s*-\s*(\d+))?")
MOST_NUMBERS = 10_000  # in a list that is written as ranges


def _spelt_out(value: Any) -> Any:
    """Spell out ``"1-3, 10"`` as ``[1, 2, 3, 10]``; leave what is no such text to the checks that follow."""
    if isinstance(value, int) and not isinstance(value, bool):
        return [value]
    if not isinstance(value, str):
        return value
    parts = [_RANGE.fullmatch(part.strip()) for part in value.split(",")]
    if None in parts:
        raise ValueError(f"expected numbers and ranges such as '1-10, 15, 20', got '{value}'")
    bounds = [(int(part[1]), int(part[2] or part[1])) for part in parts if part]
    if (count := sum(max(high - low + 1, 0) for low, high in bounds)) > MOST_NUMBERS:
        raise ValueError(f"expected at most {MOST_NUMBERS:,} numbers, got {count:,} in '{value}'")
    return [number for low, high in bounds for number in range(low, high + 1)]


def _ascending(numbers: list[int]) -> list[int]:
    if any(low >= high for low, high in pairwise(numbers)):
        raise ValueError(f"expected numbers in ascending order, each once, got {numbers}")
    return numbers


# A list, or text such as "1-10, 15, 20", which keeps params.yaml short: DVC reads it once for each stage.
Ascending = Annotated[list[PositiveInt], BeforeValidator(_spelt_out), AfterValidator(_ascending)]
Lengths = Annotated[Ascending, Field(min_length=1)]


class Strict(BaseModel):
    """A section of ``params.yaml``: an unknown key is an error, and nothing changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
