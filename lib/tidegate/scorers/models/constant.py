"""Constant: the same answer for every row."""

from typing import Literal

import numpy as np

from tidegate.scorers.models.scorer_model import Matrix, ScorerModel


class Constant(ScorerModel):
    """No fitted model: every row has the same outputs, such as the shares of the classes among the training rows."""

    kind: Literal["constant"] = "constant"
    values: tuple[float, ...]

    def scores(self, matrix: Matrix) -> Matrix:
        """Return the values for every row."""
        return np.tile(np.array(self.values), (len(matrix), 1))
