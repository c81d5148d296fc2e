"""ClassForest: a random forest of MLlib that tells two or more classes apart."""

from functools import cached_property
from typing import ClassVar, Literal

from tidegate.scorers.compiled_trees import CompiledTrees
from tidegate.scorers.models.scorer_model import Matrix, ScorerModel
from tidegate.scorers.trees import Tree


class ClassForest(ScorerModel):
    """The mean of the shares of the classes in the leaves."""

    kind: Literal["class_forest"] = "class_forest"
    trees: tuple[Tree, ...]
    classes: int

    tolerance: ClassVar[float] = 1e-9

    def scores(self, matrix: Matrix) -> Matrix:
        """Return the probability of each class."""
        return self._compiled.predict(matrix)

    @cached_property
    def _compiled(self) -> CompiledTrees:
        return CompiledTrees(self.trees, self.classes)
