"""The figure of what becomes of a state that a net must keep while nothing tells it anew, such as a carry on a run of nines."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from pipeline.core.words import number, numeral
from pipeline.reporting.figures.style import FIRST, INK, MUTED, SECOND, Key, Panel, Picture, log_lengths
from pipeline.reporting.inputs.arrays import Array

LOOKS = {"post": SECOND, "ours": FIRST}


@dataclass(frozen=True, eq=False)
class Memory:
    """One net on a run of one symbol that leaves every state of the transducer as it is.

    Attributes:
        symbol: The symbol, as a person writes it.
        state: The state that the run begins in.
        lead: By how many logits the right output leads at each place of the run, ``[time]``; below 0 the net is wrong.
        apart: How far the net's hidden state is from that after another past, ``[time]``.
    """

    experiment: str
    seed: int
    symbol: str
    state: str
    lead: Array
    apart: Array

    @property
    def flips(self) -> int | None:
        """The place in the run of the first wrong output, from 1; ``None`` if all are right."""
        wrong = np.flatnonzero(self.lead <= 0)
        return int(wrong[0]) + 1 if len(wrong) else None


def memory(task: str, nets: Sequence[Memory]) -> Picture:
    """Draw the nets of a task's experiments, the posts' and ours: what they answer on the run, and how far apart two pasts stay."""
    symbol, state = nets[0].symbol, nets[0].state
    run = f"{symbol}s after '{state}'"
    panels = (
        Panel(f"lead of the right output on {run}", _alt(nets, "lead"), partial(_draw, nets, "lead")),
        Panel(f"distance between two pasts on {symbol}s", _alt(nets, "apart"), partial(_draw, nets, "apart")),
    )
    groups = dict.fromkeys(role(net.experiment) for net in nets)
    labels = {"post": "the post's recipe, one line per seed", "ours": "ours, one line per seed"}
    keys = (*(Key(labels[group], LOOKS[group]) for group in groups), Key("the first wrong output", INK, mark="x"))
    return Picture(f"{task}-memory", f"What is remembered on a run of {symbol}s", panels, keys)


def role(experiment: str) -> str:
    """Say whose recipe it is, by its name."""
    return "post" if experiment.endswith("-post") else "ours"


def told(nets: Sequence[Memory]) -> str:
    """Say in a sentence for each experiment what becomes of the state."""
    sentences = []
    for experiment in dict.fromkeys(net.experiment for net in nets):
        own = [net for net in nets if net.experiment == experiment]
        flips = sorted(net.flips for net in own if net.flips)
        kept = f"{len(own) - len(flips)} of {len(own)} seeds stay right for {numeral(len(own[0].lead))} {own[0].symbol}s"
        lost = f"{len(flips)} of {len(own)} seeds fail, the first time at place {_range(flips)}" if flips else ""
        sentences.append(f"{experiment}: {'; '.join(part for part in (lost, kept if len(flips) < len(own) else '') if part)}.")
    return " ".join(sentences)


def _range(values: Sequence[int]) -> str:
    return numeral(values[0]) if values[0] == values[-1] else f"{numeral(values[0])} to {numeral(values[-1])}"


def _alt(nets: Sequence[Memory], what: str) -> str:
    said = []
    for experiment in dict.fromkeys(net.experiment for net in nets):
        ends = sorted(float(getattr(net, what)[-1]) for net in nets if net.experiment == experiment)
        said.append(f"{experiment} ends between {number(ends[0])} and {number(ends[-1])}")
    name = "Lead of the right output, in logits," if what == "lead" else "Distance between the hidden states after two pasts"
    return f"{name} against the length of a run of {nets[0].symbol}s. {'; '.join(said)}. {told(nets)}"


def _telling(nets: Sequence[Memory]) -> list[Memory]:
    """Choose a net of each experiment to stand out: the one that is wrong last, or the first that never is where most are right."""
    chosen = []
    for experiment in dict.fromkeys(net.experiment for net in nets):
        own = [net for net in nets if net.experiment == experiment]
        lost = [net for net in own if net.flips]
        kept = [net for net in own if not net.flips]
        chosen.append(kept[0] if len(kept) > len(lost) else max(lost, key=lambda net: net.flips or 0))
    return chosen


def _draw(nets: Sequence[Memory], what: str, axes: Axes) -> None:
    places = np.arange(1, len(nets[0].lead) + 1)
    telling = _telling(nets)
    for net in [*(net for net in nets if net not in telling), *telling]:
        stands_out = net in telling
        axes.plot(
            places,
            getattr(net, what),
            color=LOOKS[role(net.experiment)],
            linewidth=2 if stands_out else 0.9,
            alpha=1 if stands_out else 0.4,
        )
    for net in nets:
        if net.flips:
            axes.plot([net.flips], [getattr(net, what)[net.flips - 1]], "x", color=INK, markersize=4.5, zorder=3)
    axes.axhline(0, color=MUTED, linewidth=1)
    log_lengths(axes, [1, len(places)])
    if what == "lead":
        axes.set_ylabel("logits", labelpad=1)
    axes.set_xlabel(f"{nets[0].symbol}s read")
