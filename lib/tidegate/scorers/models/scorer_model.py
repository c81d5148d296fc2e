"""ScorerModel: what every kind of model of a portable scorer has to say."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
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


def weighted_sums(matrix: Matrix, weights: Sequence[Sequence[float]]) -> Matrix:
    """Return a weighted sum of each row for each sequence of weights, one column each.

    The sum of a row does not depend on the other rows. With `matrix @ weights` its last bit would, because BLAS adds in another
    order when there are more or fewer rows. A prediction would then differ from the stored one only because its batch was cut
    differently.
    """
    return np.asarray(np.einsum("ij,kj->ik", matrix, np.array(weights).reshape(len(weights), -1)))


def softmax(margins: Matrix) -> Matrix:
    """Return probabilities from the margins of the classes, one column a class.

    The first class with an infinite margin has the probability 1.
    """
    # Subtracting the largest margin changes nothing but keeps `exp` from overflowing.
    largest = margins.max(axis=1, keepdims=True)
    powers = np.exp(margins - largest)
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    certain = np.eye(margins.shape[1])[margins.argmax(axis=1)]
    return np.asarray(np.where(largest == np.inf, certain, probabilities))
