"""Measure a model on the rows of each value of a column, because a good mean can hide a group of rows that it predicts badly."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.errors import UnusableRowsError
from tidegate.schema import quoted

# The slices of a column are collected, so their number must not grow with the rows.
MOST_VALUES = 1_000


@dataclass(frozen=True)
class Slice:
    """How well a model predicts the rows with one value of a column.

    Attributes:
        value: The value as a text; None for the rows in which it is NULL.
        rows: Number of these rows.
        loss: Mean loss of these rows, in the unit of the task's loss.
        selection_rate: Share of these rows that are predicted to be of class 1; None if the task has no such prediction.
    """

    value: str | None
    rows: int
    loss: float
    selection_rate: float | None = None

    @property
    def shown(self) -> str:
        """The value for a message: NULL, or the first 60 characters of the text in quotes."""
        if self.value is None:
            return "NULL"
        return repr(self.value if len(self.value) <= 60 else f"{self.value[:59]}…")


def require_few_values(frame: DataFrame, columns: Sequence[str], where: str) -> None:
    """Count the values of each column, in one Spark job.

    Args:
        frame: The rows.
        columns: The columns by which the rows are divided into slices.
        where: What has the rows, for the message.

    Raises:
        UnusableRowsError: A column has more than `MOST_VALUES` values.
    """
    if not columns:
        return
    counts = frame.agg(*(F.count_distinct(F.col(quoted(name))) for name in columns)).collect()[0]
    problems = [
        f"{name} has {count:,} different values, but a column that divides the rows into slices may have at most "
        f"{MOST_VALUES:,}: group its values into fewer in a feature group, or leave it out of Acceptance"
        for name, count in zip(columns, counts, strict=True)
        if count > MOST_VALUES
    ]
    if problems:
        raise UnusableRowsError(where, problems)


def measure_slices(
    frame: DataFrame, columns: Mapping[str, str], loss: Column, selected: Column | None = None
) -> dict[str, tuple[Slice, ...]]:
    """Measure the rows of each value of each column, in one Spark job. The slice with the largest mean loss comes first.

    The job collects one row a value. Call `require_few_values` first, so that these are few.

    Args:
        frame: Scored rows.
        columns: The columns of the frame that hold the values, by the name that the result gives them.
        loss: The loss of a row, as `Task.loss` gives it.
        selected: Whether a row is predicted to be of class 1; None if the task has no such prediction.
    """
    if not columns:
        return {}
    values = [
        F.struct(F.lit(name).alias("column"), F.col(quoted(held_in)).cast("string").alias("value"))
        for name, held_in in columns.items()
    ]
    class_1 = F.lit(None) if selected is None else selected
    found = (
        frame.select(loss.alias("loss"), class_1.cast("double").alias("selected"), F.inline(F.array(*values)))
        .groupBy("column", "value")
        .agg(F.count("*").alias("rows"), F.avg("loss").alias("loss"), F.avg("selected").alias("selection_rate"))
        .collect()
    )
    slices: dict[str, list[Slice]] = {name: [] for name in columns}
    for row in found:
        slices[row["column"]].append(Slice(row["value"], row["rows"], row["loss"], row["selection_rate"]))
    return {name: tuple(sorted(of_column, key=_worst_first)) for name, of_column in slices.items()}


def mean_loss(slices: Iterable[Slice]) -> float:
    """Return the mean loss of all rows of some slices."""
    measured = list(slices)
    return sum(each.rows * each.loss for each in measured) / sum(each.rows for each in measured)


def _worst_first(item: Slice) -> tuple[float, str]:
    return -item.loss, item.value or ""
