"""LinearRegression: a number, or the logarithm of a rate, as a weighted sum."""

from typing import Literal

import numpy as np

from tidegate.scorers.models.scorer_model import Matrix, ScorerModel, weighted_sums

_SMALLEST = 1e-16


class LinearRegression(ScorerModel):
    """A weighted sum of the features plus the intercept.

    With `link` `log` the sum is the logarithm of the output, which is a rate. As in MLlib, a rate is at least 1e-16 and finite.
    """

    kind: Literal["linear_regression"] = "linear_regression"
    coefficients: tuple[float, ...]
    intercept: float
    link: Literal["identity", "log"] = "identity"

    def scores(self, matrix: Matrix) -> Matrix:
        """Return the predicted number or rate."""
        total = weighted_sums(matrix, [self.coefficients]) + self.intercept
        if self.link == "identity":
            return np.asarray(total)
        return np.asarray(np.clip(np.exp(total), _SMALLEST, np.finfo(np.float64).max))
