"""What a rule finds when it is checked for each seed, net, length or test set separately."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.reporting.inputs.certificates import Certificates
from pipeline.reporting.inputs.published import Published
from pipeline.reporting.inputs.results import Results

# Neither equivalence to within the margin nor a difference is shown.
NOT_REFUTED = "not refuted"


@dataclass(frozen=True)
class Evidence:
    """All that a rule may use: results and certificates by experiment, and published figures."""

    results: Mapping[str, Results]
    published: Published
    certificates: Mapping[str, Certificates] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """A rule, checked for each of its trials.

    Attributes:
        met: For each trial whether the rule is met; ``None`` where training or testing ended before that was known.
        noun: What a trial is.
        measured: What was compared, in words.
        unknown: What is said of trials that are ``None``.
        independent: Whether the trials are independent ones of one kind, so that their share has an interval.
    """

    met: tuple[bool | None, ...]
    noun: str
    measured: str
    unknown: str = "ended too early"
    independent: bool = True
