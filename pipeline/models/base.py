"""What every architecture's ``Params`` have in common."""

from typing import Any

from pipeline.core.fields import Strict


class ModelParams(Strict):
    """The keys every model has; an architecture adds its own in ``pipeline/models/<name>.py``."""

    name: str

    def misfit(self, spec: Any) -> str | None:
        """Say which kind of task (its ``TaskSpec``) the architecture expects, if not this one."""
        return None

    def puts_out_reals(self, spec: Any) -> bool:
        """Say whether the net's outputs are reals, to be held against targets by a squared error, and not logits."""
        return spec.outputs is None
