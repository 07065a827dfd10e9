"""An entry of the section ``guarantees`` in ``params.yaml``."""

from pydantic import Field

from pipeline.core.fields import Strict


class GuaranteeParams(Strict):
    """An experiment whose nets are no finite-state machines: how far they are right."""

    task: str = Field(description="the experiment's task")
