"""LinearRegression: a number, or the logarithm of a rate, as a weighted sum."""

from typing import Literal

import numpy as np

from tidegate.scorers.models.scorer_model import Matrix, ScorerModel


class LinearRegression(ScorerModel):
    """A weighted sum of the features plus the intercept. With `link` `log` the sum is the logarithm of the output."""

    kind: Literal["linear_regression"] = "linear_regression"
    coefficients: tuple[float, ...]
    intercept: float
    link: Literal["identity", "log"] = "identity"

    def scores(self, matrix: Matrix) -> Matrix:
        """Return the predicted number or rate."""
        total = (matrix @ np.array(self.coefficients) + self.intercept).reshape(-1, 1)
        return np.asarray(np.exp(total)) if self.link == "log" else total
