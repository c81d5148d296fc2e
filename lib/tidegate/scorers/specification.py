"""The content of a portable scorer, as frozen and validated data that is stored as JSON."""

from typing import Literal

from tidegate.scorers.frozen import Frozen
from tidegate.scorers.inputs import Input
from tidegate.scorers.models import Model

PROBABILITY = "probability"


class Specification(Frozen):
    """The inputs in the order of the feature vector, the model that reads it, and the names of its outputs.

    Format 1 is that of older versions: its only output is the probability of class 1.
    """

    format: Literal[1, 2] = 2
    inputs: tuple[Input, ...]
    model: Model
    outputs: tuple[str, ...] = (PROBABILITY,)

    @property
    def width(self) -> int:
        """Length of the feature vector."""
        return sum(item.width for item in self.inputs)

    def to_json(self) -> str:
        """Return the specification as JSON in the format that it was read from."""
        return self.model_dump_json(exclude={"outputs"} if self.format == 1 else None)
