"""ScorerModel: what every kind of model of a portable scorer has to say."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from tidegate.scorers.frozen import Frozen

Matrix = npt.NDArray[np.float64]


class ScorerModel(Frozen, ABC):
    """A fitted model as data. Each kind has a field `kind`, by which JSON names it.

    Attributes:
        tolerance: Largest difference from the fitted model that counts as equal. For numbers beyond 1 it is relative.
    """

    tolerance: ClassVar[float] = 1e-6

    @abstractmethod
    def scores(self, matrix: Matrix) -> Matrix:
        """Return the outputs of each row, one column an output.

        Args:
            matrix: Feature vectors, one a row; at least one.
        """


def softmax(margins: Matrix) -> Matrix:
    """Return probabilities from the margins of the classes, one column a class."""
    # Subtracting the largest margin changes nothing but keeps `exp` from overflowing.
    powers = np.exp(margins - margins.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
