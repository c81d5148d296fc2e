"""BoostedTrees: gradient-boosted trees of MLlib as a binary classifier."""

from functools import cached_property
from typing import ClassVar, Literal

import numpy as np

from tidegate.scorers.compiled_trees import CompiledTrees
from tidegate.scorers.models.scorer_model import Matrix, ScorerModel
from tidegate.scorers.trees import Tree


class BoostedTrees(ScorerModel):
    """A sum of trees, with P(1) = 1 - 1 / (1 + exp(2 * margin)) as in MLlib's log loss for labels of -1 and 1."""

    kind: Literal["boosted_trees"] = "boosted_trees"
    trees: tuple[Tree, ...]

    tolerance: ClassVar[float] = 1e-9

    def scores(self, matrix: Matrix) -> Matrix:
        """Return P(1)."""
        return np.asarray(1.0 - 1.0 / (1.0 + np.exp(2.0 * self._compiled.predict(matrix))))

    @cached_property
    def _compiled(self) -> CompiledTrees:
        return CompiledTrees(self.trees)
