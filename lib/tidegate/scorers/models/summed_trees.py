"""SummedTrees: trees of MLlib that predict a number."""

from functools import cached_property
from typing import ClassVar, Literal

from tidegate.scorers.compiled_trees import CompiledTrees
from tidegate.scorers.models.scorer_model import Matrix, ScorerModel
from tidegate.scorers.trees import Tree


class SummedTrees(ScorerModel):
    """The sum of trees: a regression by boosted trees, or by a random forest, whose weights are multiplied into the leaves."""

    kind: Literal["summed_trees"] = "summed_trees"
    trees: tuple[Tree, ...]

    tolerance: ClassVar[float] = 1e-9

    def scores(self, matrix: Matrix) -> Matrix:
        """Return the sum."""
        return self._compiled.predict(matrix)

    @cached_property
    def _compiled(self) -> CompiledTrees:
        return CompiledTrees(self.trees)
