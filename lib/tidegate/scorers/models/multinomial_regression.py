"""MultinomialRegression: the probabilities of several classes, from a weighted sum for each."""

from typing import Literal

import numpy as np

from tidegate.scorers.models.scorer_model import Matrix, ScorerModel, softmax, weighted_sums


class MultinomialRegression(ScorerModel):
    """A weighted sum of the features plus an intercept for each class; the softmax of these sums gives the probabilities."""

    kind: Literal["multinomial_regression"] = "multinomial_regression"
    coefficients: tuple[tuple[float, ...], ...]
    intercepts: tuple[float, ...]

    def scores(self, matrix: Matrix) -> Matrix:
        """Return the probability of each class."""
        return softmax(weighted_sums(matrix, self.coefficients) + np.array(self.intercepts))
