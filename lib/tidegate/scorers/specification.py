"""The content of a portable scorer, as frozen and validated data that is stored as JSON."""

from typing import Literal

import numpy as np

from tidegate.scorers.adjustments import Adjustment, Isotonic
from tidegate.scorers.frozen import Frozen
from tidegate.scorers.inputs import Input
from tidegate.scorers.models import Matrix, Model

PROBABILITY = "probability"
ADJUSTED_TOLERANCE = 1e-6


class Specification(Frozen):
    """The inputs in the order of the feature vector, the model that reads it, and what is done with its outputs.

    Format 1 is that of older versions: its only output is the probability of class 1.
    """

    format: Literal[1, 2] = 2
    inputs: tuple[Input, ...]
    model: Model
    outputs: tuple[str, ...] = (PROBABILITY,)
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def width(self) -> int:
        """Length of the feature vector."""
        return sum(item.width for item in self.inputs)

    @property
    def tolerance(self) -> float:
        """Largest difference from the fitted model that counts as equal; for numbers beyond 1 it is relative."""
        # A steep function enlarges differences.
        return max(self.model.tolerance, ADJUSTED_TOLERANCE) if self.adjustments else self.model.tolerance

    def adjusted(self, scores: Matrix) -> Matrix:
        """Return the outputs from what the model gives for each row, one column an output."""
        for adjustment in self.adjustments:
            scores = adjustment.of(_probability_of_one(scores) if isinstance(adjustment, Isotonic) else scores)
        return _of_outputs(scores, len(self.outputs))

    def to_json(self) -> str:
        """Return the specification as JSON in the format that it was read from."""
        return self.model_dump_json(exclude={"outputs", "adjustments"} if self.format == 1 else None)


def _of_outputs(scores: Matrix, outputs: int) -> Matrix:
    """Return one column for each output.

    A model of two classes may give one probability or two. A binary task has one output, P(1), and a multiclass task two.
    """
    if outputs == 1:
        return _probability_of_one(scores)
    return np.hstack([1.0 - scores, scores]) if scores.shape[1] == 1 else scores


def _probability_of_one(scores: Matrix) -> Matrix:
    return scores[:, 1:] if scores.shape[1] == 2 else scores
