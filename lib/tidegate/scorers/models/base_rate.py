"""BaseRate: the probability that older versions of tidegate registered when no fitted model was better."""

from typing import Literal

import numpy as np
from pydantic import Field

from tidegate.scorers.models.scorer_model import Matrix, ScorerModel


class BaseRate(ScorerModel):
    """No fitted model: the probability of every row is the share of class 1 among the training rows.

    Scorers of format 1 have this kind. `Constant` took its place.
    """

    kind: Literal["base_rate"] = "base_rate"
    probability: float = Field(ge=0, le=1)

    def scores(self, matrix: Matrix) -> Matrix:
        """Return the share for every row."""
        return np.full((len(matrix), 1), self.probability)
