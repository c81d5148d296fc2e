"""FirstValue: the answer is a value that the row already has."""

from typing import Literal

import numpy as np

from tidegate.scorers.models.scorer_model import Matrix, ScorerModel


class FirstValue(ScorerModel):
    """No fitted model: the output is the first feature that is not missing, and `otherwise` if all are missing.

    Attributes:
        otherwise: The output of a row in which all features are missing.
        least: The smallest output; a smaller value is replaced by it. None if there is none.
    """

    kind: Literal["first_value"] = "first_value"
    otherwise: float
    least: float | None = None

    def scores(self, matrix: Matrix) -> Matrix:
        """Return the first value that is there."""
        result = np.full(len(matrix), self.otherwise)
        for column in reversed(range(matrix.shape[1])):
            values = matrix[:, column]
            result = np.where(np.isnan(values), result, values)
        if self.least is not None:
            result = np.maximum(result, self.least)
        return result.reshape(-1, 1)
