"""Quantiles: below which numbers does the answer lie with given probabilities?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from pyspark.sql import Column
from pyspark.sql import types as T

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.evaluation.losses import pinball_loss
from tidegate.evaluation.quantiles import QuantilesMetrics, level_name, quantiles_metrics, rising
from tidegate.evaluation.scored_rows import ScoredRows
from tidegate.tasks.number_task import NumberTask


@dataclass(frozen=True)
class Quantiles(NumberTask):
    """Predicts quantiles of a number: the answer lies below the quantile of level 0.9 with a probability of 90 %.

    The quantiles of a row never cross: they are written in rising order.

    Attributes:
        levels: The probabilities of the quantiles, between 0 and 1 and rising. The column of the level 0.9 is `quantile_0_9`.

    Raises:
        DefinitionError: There is no level, a level is not between 0 and 1, or the levels do not rise.
    """

    levels: tuple[float, ...] = (0.1, 0.5, 0.9)

    kind: ClassVar[str] = "quantiles"
    loss_name: ClassVar[str] = "pinball_loss"

    def __post_init__(self) -> None:
        require_declared_types(self)
        rising = all(lower < upper for lower, upper in pairwise(self.levels))
        if not self.levels or not rising or not all(0 < level < 1 for level in self.levels):
            raise DefinitionError(f"Quantiles: levels is {self.levels}; name rising probabilities between 0 and 1.")

    @property
    def meaning(self) -> str:
        """The kind of the task, and its levels."""
        return f"{self.kind} {list(self.levels)}"

    @property
    def outputs(self) -> tuple[str, ...]:
        """One quantile for each level."""
        return tuple(f"quantile_{level_name(level)}" for level in self.levels)

    @property
    def prediction_fields(self) -> tuple[T.StructField, ...]:
        """One quantile for each level."""
        return tuple(T.StructField(name, T.DoubleType()) for name in self.outputs)

    def loss(self, label: Column, score: Sequence[Column]) -> Column:
        """Return the mean pinball loss over the levels, of the quantiles in rising order."""
        return pinball_loss(label, rising(score), self.levels)

    def predictions(self, score: Sequence[Column]) -> list[Column]:
        """Return the quantiles in rising order."""
        return [column.alias(name) for name, column in zip(self.outputs, rising(score), strict=True)]

    def _metrics(self, rows: ScoredRows) -> Mapping[str, QuantilesMetrics]:
        return quantiles_metrics(rows, self.levels)
