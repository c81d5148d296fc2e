"""What a portable scorer does with the outputs of its model before it returns them."""

from abc import ABC, abstractmethod
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from tidegate.scorers.frozen import Frozen
from tidegate.scorers.models import Matrix


class Adjusted(Frozen, ABC):
    """A change of the outputs of a model."""

    @abstractmethod
    def of(self, scores: Matrix) -> Matrix:
        """Return the changed outputs, one column an output."""


class Isotonic(Adjusted):
    """A rising function of one output, which makes probabilities agree with shares that were observed.

    It is linear between the boundaries, and constant beyond them.
    """

    kind: Literal["isotonic"] = "isotonic"
    boundaries: tuple[float, ...]
    values: tuple[float, ...]

    def of(self, scores: Matrix) -> Matrix:
        """Return the value of the function."""
        return np.asarray(np.interp(scores, np.array(self.boundaries), np.array(self.values)))


class Offsets(Adjusted):
    """One output becomes several: itself plus each offset."""

    kind: Literal["offsets"] = "offsets"
    values: tuple[float, ...]

    def of(self, scores: Matrix) -> Matrix:
        """Return a column for each offset."""
        return np.asarray(scores + np.array(self.values))


Adjustment = Annotated[Isotonic | Offsets, Field(discriminator="kind")]
