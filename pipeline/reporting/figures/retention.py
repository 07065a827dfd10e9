"""The figure of retention: whether a net keeps a state while it reads symbols that do not change it, such as a carry on a run of nines."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from pipeline.core.words import number, numeral
from pipeline.reporting.figures.scales import log_lengths
from pipeline.reporting.figures.sources import looks
from pipeline.reporting.figures.style import INK, MUTED, Key, Panel, Picture
from pipeline.reporting.inputs.arrays import Array


@dataclass(frozen=True, eq=False)
class Retention:
    """One net on a run of one symbol that leaves every state of the transducer unchanged.

    Attributes:
        source: Whose recipe the experiment is.
        symbol: The symbol, as a person writes it.
        state: The state in which the run begins.
        lead: By how many logits the right output leads at each place of the run, ``[time]``; where it is 0 or less, the net is wrong.
        distance: How far the net's hidden state is from the one it has when the run begins in another state, ``[time]``.
    """

    experiment: str
    source: str
    seed: int
    symbol: str
    state: str
    lead: Array
    distance: Array

    @property
    def first_wrong(self) -> int | None:
        """The place in the run of the first wrong output, from 1; ``None`` if all are right."""
        wrong = np.flatnonzero(self.lead <= 0)
        return int(wrong[0]) + 1 if len(wrong) else None


def picture(task: str, nets: Sequence[Retention]) -> Picture:
    """Draw the nets of a task's experiments: their outputs on the run, and how far apart their hidden states stay."""
    symbol, state = nets[0].symbol, nets[0].state
    run = f"{symbol}s after '{state}'"
    panels = (
        Panel(f"lead of the right output on {run}", _alt(nets, "lead"), partial(_draw, nets, "lead")),
        Panel(f"distance between hidden states on {symbol}s", _alt(nets, "distance"), partial(_draw, nets, "distance")),
    )
    keys = [Key(f"{look.label}, one line per seed", look.colour) for look in looks(net.source for net in nets).values()]
    caption = f"How long nets keep a state on a run of {symbol}s"
    return Picture(f"{task}-retention", caption, panels, (*keys, Key("first wrong output", INK, mark="x")))


def described(nets: Sequence[Retention]) -> str:
    """Say in a sentence for each experiment how many nets keep the state, and where the others lose it."""
    sentences = []
    for experiment in dict.fromkeys(net.experiment for net in nets):
        own = [net for net in nets if net.experiment == experiment]
        places = sorted(net.first_wrong for net in own if net.first_wrong)
        right = f"{len(own) - len(places)} of {len(own)} seeds stay right for {numeral(len(own[0].lead))} {own[0].symbol}s"
        wrong = f"{len(places)} of {len(own)} seeds fail, with the first wrong output at place {_range(places)}" if places else ""
        sentences.append(f"{experiment}: {'; '.join(part for part in (wrong, right if len(places) < len(own) else '') if part)}.")
    return " ".join(sentences)


def _range(values: Sequence[int]) -> str:
    return numeral(values[0]) if values[0] == values[-1] else f"{numeral(values[0])} to {numeral(values[-1])}"


def _alt(nets: Sequence[Retention], what: str) -> str:
    parts = []
    for experiment in dict.fromkeys(net.experiment for net in nets):
        ends = sorted(float(getattr(net, what)[-1]) for net in nets if net.experiment == experiment)
        parts.append(f"{experiment} ends between {number(ends[0])} and {number(ends[-1])}")
    name = "Lead of the right output, in logits," if what == "lead" else "Distance between the hidden states of runs begun in two states"
    return f"{name} against the length of a run of {nets[0].symbol}s. {'; '.join(parts)}. {described(nets)}"


def _highlighted(nets: Sequence[Retention]) -> list[Retention]:
    """Choose a typical net of each experiment: the first that is never wrong where most are not, else the one that is wrong last."""
    chosen = []
    for experiment in dict.fromkeys(net.experiment for net in nets):
        own = [net for net in nets if net.experiment == experiment]
        wrong = [net for net in own if net.first_wrong]
        right = [net for net in own if not net.first_wrong]
        chosen.append(right[0] if len(right) > len(wrong) else max(wrong, key=lambda net: net.first_wrong or 0))
    return chosen


def _draw(nets: Sequence[Retention], what: str, axes: Axes) -> None:
    places = np.arange(1, len(nets[0].lead) + 1)
    highlighted = _highlighted(nets)
    by_source = looks(net.source for net in nets)
    for net in [*(net for net in nets if net not in highlighted), *highlighted]:
        width, alpha = (2.0, 1.0) if net in highlighted else (0.9, 0.4)
        axes.plot(places, getattr(net, what), color=by_source[net.source].colour, linewidth=width, alpha=alpha)
    for net in nets:
        if net.first_wrong:
            axes.plot([net.first_wrong], [getattr(net, what)[net.first_wrong - 1]], "x", color=INK, markersize=4.5, zorder=3)
    axes.axhline(0, color=MUTED, linewidth=1)
    log_lengths(axes, [1, len(places)])
    if what == "lead":
        axes.set_ylabel("logits", labelpad=1)
    axes.set_xlabel(f"{nets[0].symbol}s read")
