"""How long each stage took, as it wrote down itself; what a stage did not write is left open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.files.json_files import Record, read_json
from pipeline.reporting.inputs.certificates import Certificates

STAGES = ("train", "evaluate")


class Timing(Record):
    """One run of a stage: its seconds, on what, and whether it went on from where an earlier run was interrupted."""

    seconds: float
    machine: str
    resumed: bool = False


@dataclass(frozen=True)
class TimingRow:
    """An experiment's seconds: those of ``STAGES`` as far as they are known, and those of all its proofs and refusals."""

    experiment: str
    stages: tuple[Timing | None, ...]
    certify: float | None


@dataclass(frozen=True)
class TimingTable:
    """Every experiment of which anything is known."""

    rows: tuple[TimingRow, ...]

    @property
    def totals(self) -> tuple[float, ...]:
        """Seconds over all experiments, of each of ``STAGES`` and of the proofs."""
        stages = [sum(timing.seconds for row in self.rows if (timing := row.stages[place])) for place in range(len(STAGES))]
        return (*stages, sum(row.certify or 0 for row in self.rows))

    @property
    def machines(self) -> list[str]:
        return list(dict.fromkeys(timing.machine for row in self.rows for timing in row.stages if timing))

    @property
    def resumed(self) -> list[str]:
        """Experiments whose training went on from where it had been interrupted."""
        return [row.experiment for row in self.rows if any(timing and timing.resumed for timing in row.stages)]


def read_timings(folder: Path, experiments: Sequence[str]) -> dict[str, dict[str, Timing]]:
    """Read ``<folder>/<stage>/<experiment>.json``, as far as they are there, by experiment and stage.

    Raises:
        UnreadableFile: A file is not what a stage writes.
    """
    found: dict[str, dict[str, Timing]] = {}
    for experiment in experiments:
        for stage in STAGES:
            path = folder / stage / f"{experiment}.json"
            if path.is_file():
                found.setdefault(experiment, {})[stage] = read_json(path, Timing, f"{stage}@{experiment}")
    return found


def timing_table(timings: Mapping[str, Mapping[str, Timing]], certificates: Mapping[str, Certificates]) -> TimingTable | None:
    """Put all that is known on one table; ``None`` if that is nothing."""
    rows = tuple(
        TimingRow(
            name,
            tuple(timings.get(name, {}).get(stage) for stage in STAGES),
            certificates[name].seconds if name in certificates else None,
        )
        for name in dict.fromkeys([*timings, *certificates])
    )
    return TimingTable(rows) if rows else None


def duration(seconds: float) -> str:
    """Write a duration.

    Example:
        >>> [duration(s) for s in (0.04, 5.25, 75, 3700)]
        ['<0.1 s', '5.2 s', '1 min 15 s', '1 h 01 min']
    """
    if seconds < 0.1:
        return "<0.1 s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
