"""Count: how many times does something happen?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.evaluation.count import CountMetrics, count_metrics
from tidegate.evaluation.losses import poisson_deviance
from tidegate.evaluation.scored_rows import ScoredRows
from tidegate.tasks.number_task import NumberTask


@dataclass(frozen=True)
class Count(NumberTask):
    """Predicts a rate: the expected number of events. Labels are whole numbers from 0 on."""

    kind: ClassVar[str] = "count"
    loss_name: ClassVar[str] = "poisson_deviance"

    @property
    def label_rule(self) -> str:
        """What a label must be."""
        return "a whole number from 0 on"

    @property
    def outputs(self) -> tuple[str, ...]:
        """The expected number of events."""
        return ("rate",)

    @property
    def prediction_fields(self) -> tuple[T.StructField, ...]:
        """The expected number of events."""
        return (T.StructField("rate", T.DoubleType()),)

    def is_usable(self, label: Column) -> Column:
        """Return whether a label is a whole number from 0 on."""
        number = label.cast("double")
        return F.coalesce((number >= 0) & (number < F.lit(float("inf"))) & (number == F.rint(number)), F.lit(False))

    def loss(self, label: Column, score: Sequence[Column]) -> Column:
        """Return the Poisson deviance."""
        return poisson_deviance(label, score[0])

    def predictions(self, score: Sequence[Column]) -> list[Column]:
        """Return the expected number of events."""
        return [score[0].alias("rate")]

    def _metrics(self, rows: ScoredRows) -> Mapping[str, CountMetrics]:
        return count_metrics(rows)
