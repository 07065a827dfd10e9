"""The jobs that a cluster is measured with; nodes import them."""

import time
from dataclasses import dataclass
from typing import Any

from pipeline.execution.job import Worker


@dataclass(frozen=True)
class Sleep:
    """A job that waits for so many seconds."""

    number: int
    seconds: float

    @property
    def name(self) -> str:
        return f"sleep {self.number}"

    def run(self, shared: None, worker: Worker) -> int:
        """Wait."""
        time.sleep(self.seconds)
        return self.number


@dataclass(frozen=True)
class Cell:
    """A training job of one cell of a board, with the data of all."""

    cell: str
    job: Any

    @property
    def name(self) -> str:
        return f"{self.cell}, {self.job.name}"

    def run(self, shared: dict[str, Any], worker: Worker) -> Any:
        """Train."""
        return self.job.run(shared[self.cell], worker)
