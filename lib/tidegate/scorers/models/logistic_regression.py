"""LogisticRegression: the probability of one of two classes, from a weighted sum."""

from typing import Literal

import numpy as np

from tidegate.scorers.models.scorer_model import Matrix, ScorerModel, weighted_sums


class LogisticRegression(ScorerModel):
    """A weighted sum of the features plus the intercept, with P(1) = 1 / (1 + exp(-margin))."""

    kind: Literal["logistic_regression"] = "logistic_regression"
    coefficients: tuple[float, ...]
    intercept: float

    def scores(self, matrix: Matrix) -> Matrix:
        """Return P(1)."""
        margin = weighted_sums(matrix, [self.coefficients]) + self.intercept
        return np.asarray(1.0 / (1.0 + np.exp(-margin)))
