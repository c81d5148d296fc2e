"""One look at each split before anything is fitted on it: sizes, range of time, and what would make a fit fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from tidegate.errors import UnusableRowsError
from tidegate.moments import EPOCH, utc_text
from tidegate.training.plan import TrainingPlan


@dataclass(frozen=True)
class SplitSummary:
    """What a split is made of.

    Attributes:
        rows: How many.
        positive_rate: Share of class 1.
        first: Earliest label time.
        last: Latest label time.
        most_labels: Different labels of the category column that has most of them.
        empty: Numeric columns without a single number.
    """

    rows: int
    positive_rate: float
    first: datetime
    last: datetime
    most_labels: int
    empty: tuple[str, ...]


def summarise(name: str, frame: DataFrame, plan: TrainingPlan) -> SplitSummary:
    """Count a split, in one Spark job.

    Raises:
        UnusableRowsError: No rows, a label that is not 0 or 1, or a row without a time.
    """
    columns = plan.columns
    found = frame.agg(
        F.count("*").alias("rows"),
        F.avg(plan.target).alias("positive_rate"),
        F.unix_micros(F.min(plan.time)).alias("first"),
        F.unix_micros(F.max(plan.time)).alias("last"),
        F.count_if(~F.coalesce(F.col(plan.target).isin(0, 1), F.lit(False))).alias("bad_labels"),
        F.count_if(F.col(plan.time).isNull()).alias("no_time"),
        F.array(*(F.count_distinct(column) for column in columns.categorical)).alias("labels"),
        F.array(*(_numbers(column) for column in columns.numeric)).alias("numbers"),
    ).collect()[0]
    _require_usable(name, found, plan)
    return SplitSummary(
        rows=found["rows"],
        positive_rate=float(found["positive_rate"]),
        first=EPOCH + timedelta(microseconds=found["first"]),
        last=EPOCH + timedelta(microseconds=found["last"]),
        most_labels=max(found["labels"], default=0),
        empty=tuple(column for column, count in zip(columns.numeric, found["numbers"], strict=True) if not count),
    )


def require_order(summaries: Mapping[str, SplitSummary], trained_on: str = "train") -> None:
    """Raise UnusableRowsError unless the splits follow each other in time and the first can be trained on."""
    problems = []
    for (name, earlier), (next_name, later) in pairwise(summaries.items()):
        if earlier.last >= later.first:
            problems.append(f"{name} reaches to {utc_text(earlier.last)}, but {next_name} starts at {utc_text(later.first)}")
    train = summaries[trained_on]
    if train.empty:
        problems.append(f"{trained_on} has no number at all in {', '.join(train.empty)}")
    if train.positive_rate in (0.0, 1.0):
        problems.append(f"{trained_on} has one class only")
    if problems:
        raise UnusableRowsError("training set", problems)


def _numbers(column: str) -> Column:
    value = F.col(column).cast("double")
    return F.count_if(value.isNotNull() & ~F.isnan(value))


def _require_usable(name: str, found: Row, plan: TrainingPlan) -> None:
    problems = []
    if not found["rows"]:
        problems.append("there are no rows")
    if found["bad_labels"]:
        problems.append(f"{found['bad_labels']} row(s) have a {plan.target} other than 0 or 1")
    if found["no_time"]:
        problems.append(f"{found['no_time']} row(s) have no {plan.time}")
    if problems:
        raise UnusableRowsError(f"split {name} of model {plan.model_name}", problems)
