"""Summarise each split before anything is fitted on it: size, period, and everything that would make a fit fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from tidegate.errors import UnusableRowsError
from tidegate.moments import EPOCH, utc_text
from tidegate.schema import quoted
from tidegate.training.training_plan import TrainingPlan

# MLlib sums squares to scale a column. The squares of larger numbers overflow to infinity.
_LARGEST = 1e150


@dataclass(frozen=True)
class SplitSummary:
    """The size and content of a split.

    Attributes:
        rows: Number of rows that have an answer.
        without_answer: Number of rows whose target is NULL. They are left out.
        weighted: Number of rows that have an answer and a weight above 0.
        mean_label: Mean of the encoded labels. For a binary task this is the share of class 1.
        different_labels: Number of different labels, at most two for a task whose answer is a number.
        missing_classes: Classes of the task that no row has.
        first: Earliest label time.
        last: Latest label time.
        labels: Number of different labels in each category column.
        empty: Numeric columns without a single number.
        blank: Number of rows with an empty string in each category column.
    """

    rows: int
    without_answer: int
    weighted: int
    mean_label: float
    different_labels: int
    missing_classes: tuple[str, ...]
    first: datetime
    last: datetime
    labels: Mapping[str, int]
    empty: tuple[str, ...]
    blank: Mapping[str, int]

    @property
    def most_labels(self) -> int:
        """The largest number of labels that a category column has; 0 without category columns."""
        return max(self.labels.values(), default=0)


def summarise(name: str, frame: DataFrame, plan: TrainingPlan, label: str) -> SplitSummary:
    """Summarise a split in one Spark job.

    Args:
        name: Name of the split, for messages.
        frame: Its rows.
        plan: The plan, which names the columns.
        label: Column of the encoded labels. It is NULL where the task can't use the label.

    Raises:
        UnusableRowsError: There are no rows, the task can't use a label, a row has no time, a weight is missing or negative, or a
            number is infinite or too large.
    """
    columns, encoded, answered = plan.columns, F.col(label), F.col(quoted(plan.target)).isNotNull()
    weight = F.lit(1.0) if plan.weight is None else F.col(quoted(plan.weight)).cast("double")
    has_weight = (weight >= 0.0) & (weight < F.lit(float("inf")))
    found = frame.agg(
        F.count_if(answered).alias("rows"),
        F.count_if(~answered).alias("without_answer"),
        F.avg(encoded).alias("mean_label"),
        # The two values tell whether all labels are equal. The classes of a task are few, so all of them are collected.
        (F.collect_set(encoded) if plan.task.classes else F.array(F.min(encoded), F.max(encoded))).alias("different"),
        F.unix_micros(F.min(quoted(plan.time))).alias("first"),
        F.unix_micros(F.max(quoted(plan.time))).alias("last"),
        F.count_if(answered & encoded.isNull()).alias("bad_labels"),
        # The columns are checked in the rows with an answer, because the others are left out of every fit.
        F.count_if(answered & ~F.coalesce(has_weight, F.lit(False))).alias("bad_weights"),
        F.count_if(answered & (weight > 0.0)).alias("weighted"),
        F.count_if(F.col(quoted(plan.time)).isNull()).alias("no_time"),
        F.array(*(F.count_distinct(F.when(answered, F.col(quoted(column)))) for column in columns.categorical)).alias("labels"),
        F.array(*(F.count_if(answered & (F.col(quoted(column)) == "")) for column in columns.categorical)).alias("blank"),
        F.array(*(F.count_if(answered & _is_number(column)) for column in columns.numeric)).alias("numbers"),
        F.array(*(F.count_if(answered & _is_infinite(column)) for column in columns.numeric)).alias("infinite"),
        F.array(*(F.count_if(answered & _is_too_large(column)) for column in columns.numeric)).alias("too_large"),
    ).collect()[0]
    _require_usable(name, found, plan)
    return SplitSummary(
        rows=found["rows"],
        without_answer=found["without_answer"],
        weighted=found["weighted"],
        mean_label=float(found["mean_label"]),
        different_labels=len(set(found["different"])),
        missing_classes=_missing_classes(found, plan),
        first=EPOCH + timedelta(microseconds=found["first"]),
        last=EPOCH + timedelta(microseconds=found["last"]),
        labels=dict(zip(columns.categorical, found["labels"], strict=True)),
        empty=tuple(column for column, count in zip(columns.numeric, found["numbers"], strict=True) if not count),
        blank=dict(zip(columns.categorical, found["blank"], strict=True)),
    )


def require_trainable(summaries: Mapping[str, SplitSummary], trained_on: str = "train", is_by_time: bool = True) -> None:
    """Check that the training split can be fitted and, if the rows are split by time, that the splits follow each other.

    Args:
        summaries: Summaries by the name of the split; in order of time, if the rows are split by time.
        trained_on: Name of the training split.
        is_by_time: Whether each split has to end before the next one begins.

    Raises:
        UnusableRowsError: One or more checks failed; the message lists all of them.
    """
    problems = _out_of_order(summaries) if is_by_time else []
    train = summaries[trained_on]
    if train.empty:
        names = ", ".join(train.empty)
        problems.append(
            f"{trained_on} has no number at all in {names}: load the data that these features are computed from, or leave them "
            "out of ModelColumns"
        )
    problems += [
        _unlike_a_category(trained_on, name, count, train.rows) for name, count in train.labels.items() if count >= train.rows
    ]
    problems += [
        f"{trained_on} has no value at all in {name}: load the data that it is computed from, or leave it out of ModelColumns"
        for name, count in train.labels.items()
        if count == 0
    ]
    problems += [
        f"{trained_on} has {count} row(s) with an empty string in the category {name}, which MLlib can't use as a label: write "
        "NULL, which is a category of its own, or another text"
        for name, count in train.blank.items()
        if count
    ]
    if not train.weighted:
        problems.append(f"all rows of {trained_on} have the weight 0, so there is nothing to learn from")
    if train.different_labels < 2:
        problems.append(f"{trained_on} has one label only, so there is nothing to learn: all rows have the same answer")
    elif train.missing_classes:
        problems.append(
            f"{trained_on} has no row of class {', '.join(train.missing_classes)}: take an earlier start, or leave the class out"
        )
    if problems:
        raise UnusableRowsError("training set", problems)


def _out_of_order(summaries: Mapping[str, SplitSummary]) -> list[str]:
    return [
        f"{name} reaches to {utc_text(earlier.last)}, but {next_name} starts at {utc_text(later.first)}"
        for (name, earlier), (next_name, later) in pairwise(summaries.items())
        if earlier.last >= later.first
    ]


def _missing_classes(found: Row, plan: TrainingPlan) -> tuple[str, ...]:
    names = plan.task.class_labels
    return tuple(name for number, name in enumerate(names) if float(number) not in found["different"])


def _unlike_a_category(split: str, column: str, labels: int, rows: int) -> str:
    return (
        f"{split} has {labels} different values of the category {column} in {rows} rows, one for each row, so a model can learn "
        "nothing from it: leave it out of ModelColumns, or group its values"
    )


def _is_infinite(column: str) -> Column:
    return F.abs(F.col(quoted(column)).cast("double")) == F.lit(float("inf"))


def _is_too_large(column: str) -> Column:
    value = F.abs(F.col(quoted(column)).cast("double"))
    return (value > _LARGEST) & (value < F.lit(float("inf")))


def _is_number(column: str) -> Column:
    value = F.col(quoted(column)).cast("double")
    return value.isNotNull() & ~F.isnan(value)


def _require_usable(name: str, found: Row, plan: TrainingPlan) -> None:
    problems = []
    if not found["rows"]:
        problems.append(f"no row has a {plan.target}" if found["without_answer"] else "there are no rows")
    every = found["rows"] + found["without_answer"]
    if found["without_answer"] > plan.may_lack * every:
        problems.append(
            f"{found['without_answer']} of {every} row(s) have no {plan.target} (at most {100 * plan.may_lack:g}% may). If rows "
            "without an answer are right, declare Model(..., may_lack=SHARE): they are then left out and counted"
        )
    if found["bad_labels"]:
        problems.append(f"{found['bad_labels']} row(s) have a {plan.target} that is not {plan.task.label_rule}")
    if found["bad_weights"]:
        problems.append(f"{found['bad_weights']} row(s) have a weight {plan.weight} that is missing, negative or infinite")
    infinite = {name: count for name, count in zip(plan.columns.numeric, found["infinite"], strict=True) if count}
    problems += [
        f"{count} row(s) have an infinite {name}: write NULL where it can't be computed, or add the expectation finite({name!r}) "
        "to its feature group"
        for name, count in infinite.items()
    ]
    too_large = {name: count for name, count in zip(plan.columns.numeric, found["too_large"], strict=True) if count}
    problems += [
        f"{count} row(s) have a {name} beyond {_LARGEST:.0e}, whose square overflows: store it in a larger unit"
        for name, count in too_large.items()
    ]
    if found["no_time"]:
        problems.append(f"{found['no_time']} row(s) have no {plan.time}")
    if problems:
        raise UnusableRowsError(f"split {name} of model {plan.model_name}", problems)
