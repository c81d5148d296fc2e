"""Quantiles: below which numbers does the answer lie with given probabilities?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.evaluation.losses import pinball_loss
from tidegate.tasks.task import Task


@dataclass(frozen=True)
class Quantiles(Task):
    """Predicts quantiles of a number. The quantiles of a row never cross: they are written in rising order.

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
    def label_rule(self) -> str:
        """What a label must be."""
        return "a finite number"

    @property
    def outputs(self) -> tuple[str, ...]:
        """One quantile for each level."""
        return tuple(f"quantile_{level}".replace(".", "_") for level in self.levels)

    @property
    def prediction_fields(self) -> tuple[T.StructField, ...]:
        """One quantile for each level."""
        return tuple(T.StructField(name, T.DoubleType()) for name in self.outputs)

    def accepts(self, kind: T.DataType) -> bool:
        """Return whether labels may have a type."""
        return isinstance(kind, T.NumericType)

    def is_usable(self, label: Column) -> Column:
        """Return whether a label is a finite number."""
        return F.coalesce(F.abs(label.cast("double")) < F.lit(float("inf")), F.lit(False))

    def encoded(self, label: Column) -> Column:
        """Return the label as a double."""
        return label.cast("double")

    def loss(self, label: Column, score: Sequence[Column]) -> Column:
        """Return the mean pinball loss over the levels, of the quantiles in rising order."""
        return pinball_loss(label, self._rising(score), self.levels)

    def predictions(self, score: Sequence[Column]) -> list[Column]:
        """Return the quantiles in rising order."""
        return [column.alias(name) for name, column in zip(self.outputs, self._rising(score), strict=True)]

    def _rising(self, score: Sequence[Column]) -> list[Column]:
        # Each quantile is fitted by itself, so two of them can cross. Sorting them never makes the pinball loss larger
        # (V. Chernozhukov, I. Fernandez-Val and A. Galichon, Econometrica 78(3), 2010).
        in_order = F.array_sort(F.array(*score))
        return [F.element_at(in_order, place + 1) for place in range(len(score))]
