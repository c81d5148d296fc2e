"""Prepare the splits for fitting and scoring: keep only the needed columns, sort the rows, and persist them for the run."""

from collections.abc import Iterable
from dataclasses import dataclass

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import PersonalFeatureError
from tidegate.schema import quoted, require_columns
from tidegate.training.fixed_order import in_fixed_order
from tidegate.training.split_summary import SplitSummary, require_order, summarise
from tidegate.training.training_plan import Splits, TrainingPlan

DAY = "_block_day"


@dataclass(frozen=True)
class PreparedSplits:
    """The persisted splits, and a summary of each by its name. Call `close` to free the memory."""

    splits: Splits
    summaries: dict[str, SplitSummary]

    def close(self) -> None:
        """Drop the persisted rows."""
        _unpersist(self.splits)


def prepare_splits(splits: Splits, plan: TrainingPlan, also: Iterable[str] = ()) -> PreparedSplits:
    """Persist the splits, summarise them, and validate them.

    Args:
        splits: Frames with at least the columns of the plan.
        plan: The plan, which names the columns.
        also: Further columns to keep where a frame has them, such as those that the champion reads.

    Raises:
        MissingColumnsError: A split lacks a column of the plan.
        PersonalFeatureError: A feature is declared personal.
        UnusableRowsError: A split can't be trained on, or is not later than the one before it.
    """
    personal = set(plan.personal) & set(plan.columns.names)
    if personal:
        raise PersonalFeatureError(plan.model_name, personal)
    prepared = Splits(**{name: _prepared(name, frame, plan, also) for name, frame in splits.named().items()})
    try:
        for frame in prepared.named().values():
            frame.persist(StorageLevel.MEMORY_AND_DISK)
        summaries = {name: summarise(name, frame, plan) for name, frame in prepared.named().items()}
        require_order(summaries)
    except BaseException:
        _unpersist(prepared)
        raise
    return PreparedSplits(prepared, summaries)


def _prepared(name: str, frame: DataFrame, plan: TrainingPlan, also: Iterable[str]) -> DataFrame:
    needed = [*plan.key, *plan.columns.names, plan.target, plan.time, *([plan.day] if plan.day else [])]
    require_columns(frame, needed, f"split {name} of model {plan.model_name}")
    kept = dict.fromkeys([*needed, *(column for column in also if column in frame.columns)])
    target = quoted(plan.target)
    day = F.col(quoted(plan.day)) if plan.day else F.to_date(quoted(plan.time))
    rows = frame.select(*map(quoted, kept), day.alias(DAY))
    if isinstance(rows.schema[plan.target].dataType, T.BooleanType):
        rows = rows.withColumn(plan.target, F.col(target).cast("int"))
    return in_fixed_order(rows, plan.key, plan.partitions)


def _unpersist(splits: Splits) -> None:
    for frame in splits.named().values():
        frame.unpersist()
