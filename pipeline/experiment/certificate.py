"""An entry of the section ``certificates`` in ``params.yaml``."""

from pydantic import Field, PositiveInt

from pipeline.core.fields import Lengths, Strict


class CertificateParams(Strict):
    """How hard to try to prove an experiment's nets right at every length."""

    task: str = Field(description="the experiment's task, whose transducer the nets shall compute")
    k: Lengths = Field(description="symbols that a step of the proof reads; one attempt after the other")
    splits: PositiveInt = Field(description="how often the widest sets are split, in each attempt")
