"""Tasks on strings of characters: how a person writes inputs and reads answers."""

from typing import ClassVar

from pipeline.core.examples import IGNORE, Array, TaskSpec
from pipeline.core.notation import InputError, quoted, read_characters
from pipeline.core.sampled_task import SampledTask


class StringTask(SampledTask):
    """A task whose inputs and answers a person writes a character a symbol; here with an answer at every position.

    Attributes:
        characters: The alphabet of the inputs.
        written: The alphabet of the answers.
        expected: What an input looks like, for errors.
    """

    characters: ClassVar[str]
    written: ClassVar[str]
    expected: ClassVar[str]

    def fault(self, string: Array) -> str | None:
        """Say what a string of the right characters lacks, as in "a digit before every operator"; else ``None``."""
        return None

    def spec(self, length: int) -> TaskSpec:
        return TaskSpec(inputs=len(self.characters), outputs=len(self.written), answer="sequence")

    def parse(self, text: str) -> Array:
        string = read_characters(text, self.characters, self.expected)
        wanted = self.fault(string) if len(string) >= self.params.shortest else f"at least {self.params.shortest} characters"
        if wanted is not None:
            raise InputError(f"expected {self.expected}, with {wanted}, got {quoted(text.strip())}")
        return string

    def show(self, inputs: Array) -> str:
        return "".join(self.characters[symbol] for symbol in inputs)

    def render(self, inputs: Array, outputs: Array) -> str:
        return "".join(self.written[symbol] for symbol in outputs if symbol != IGNORE)
