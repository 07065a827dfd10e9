"""``nines prove --finetune``: what a copy that was trained on is, as a person and as a script reads it."""

from typing import TYPE_CHECKING, Any

from pipeline.foreign import proving

if TYPE_CHECKING:
    from pipeline.foreign.finetuning import Finetuned

NONE = "fine-tuned: no copy was proved, and none is written; train one with more units, or from the start with noise on the states"


def lines(found: "Finetuned") -> list[str]:
    """Say which copy was proved, and how far its outputs are from the net's."""
    moved, (mean, most) = found.moved, found.moved.logits
    return [
        f"fine-tuned: {found.outcome.net.path.name} is proved: a copy, trained on for {found.steps:,} steps with noise of {found.noise:g}",
        f"  moved        {moved.changed:,} of {moved.outputs:,} outputs on random strings are other ones; logits differ by {mean:.3g} "
        f"on average, {most:.3g} at most",
    ]


def document(found: "Finetuned") -> dict[str, Any]:
    """Return the same as JSON has it."""
    moved, (mean, most) = found.moved, found.moved.logits
    apart = {"outputs": moved.outputs, "changed": moved.changed, "logits_mean": round(mean, 4), "logits_most": round(most, 4)}
    return proving.document(found.outcome) | {"noise": found.noise, "steps": found.steps, "moved": apart}
