"""How the recipes of each source are named and drawn, the same in every figure; a source is a key of an experiment."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.reporting.figures.style import FIRST, MUTED, SECOND, THIRD, Dash
from pipeline.reporting.inputs.results import OURS


@dataclass(frozen=True)
class Look:
    """How one source's recipes are called in a legend, and the line that stands for them."""

    label: str
    colour: str
    dash: Dash
    width: float = 1.5


# Ours is drawn first and wide, so that a dashed line on top of it shows.
KNOWN = {
    OURS: Look("our recipes", FIRST, "-", 3.4),
    "post": Look("the posts' recipes", SECOND, "--"),
    "1997": Look("the 1997 paper's recipes", THIRD, "-."),
}
OTHERS: tuple[tuple[str, Dash], ...] = ((MUTED, "--"), (THIRD, "--"), (SECOND, "-."), (MUTED, "-."))


def looks(sources: Iterable[str]) -> dict[str, Look]:
    """Return the look of each source, in the order in which they are drawn: those known here first, then the others as they come."""
    given = list(dict.fromkeys(sources))
    others = [source for source in given if source not in KNOWN]
    found = {source: look for source, look in KNOWN.items() if source in given}
    for place, source in enumerate(others):
        colour, dash = OTHERS[place % len(OTHERS)]
        found[source] = Look(f"recipes of {source}", colour, dash)
    return found
