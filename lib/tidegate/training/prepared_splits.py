"""Prepare the splits for fitting and scoring: keep only the needed columns, encode the labels, sort and persist the rows."""

from collections.abc import Iterable
from dataclasses import dataclass

from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.errors import PersonalFeatureError
from tidegate.evaluation.slices import require_few_values
from tidegate.schema import quoted, require_columns
from tidegate.training.fixed_order import in_fixed_order
from tidegate.training.split_summary import SplitSummary, require_trainable, summarise
from tidegate.training.training_plan import Splits, TrainingPlan

# Columns that the prepared rows have in addition to those of the plan: the encoded label, and the day for paired intervals.
LABEL, DAY = "_label", "_block_day"


@dataclass(frozen=True)
class PreparedSplits:
    """The rows to train and evaluate on. Call `close` to free their memory.

    Attributes:
        splits: The rows that have an answer.
        summaries: A summary of each split by its name.
        persisted: The frames that are persisted: all rows of each split.
    """

    splits: Splits
    summaries: dict[str, SplitSummary]
    persisted: Splits

    def close(self) -> None:
        """Drop the persisted rows."""
        _unpersist(self.persisted)


def prepare_splits(splits: Splits, plan: TrainingPlan, also: Iterable[str] = ()) -> PreparedSplits:
    """Persist the splits, summarise them, and validate them.

    Args:
        splits: Frames with at least the columns of the plan.
        plan: The plan, which names the columns.
        also: Further columns to keep where a frame has them, such as those that the champion reads.

    Raises:
        MissingColumnsError: A split lacks a column of the plan.
        PersonalFeatureError: A feature is declared personal.
        UnusableRowsError: A split can't be trained on or, if the rows are split by time, is not later than the one before it; or
            a column by which the rules of acceptance divide the test rows has too many values.
    """
    personal = set(plan.personal) & set(plan.read)
    if personal:
        raise PersonalFeatureError(plan.model_name, personal)
    prepared = Splits(**{name: _prepared(name, frame, plan, also) for name, frame in splits.named().items()})
    try:
        for frame in prepared.named().values():
            frame.persist(StorageLevel.MEMORY_AND_DISK)
        summaries = {name: summarise(name, frame, plan, LABEL) for name, frame in prepared.named().items()}
        require_trainable(summaries, is_by_time=plan.is_by_time)
        require_few_values(prepared.test, plan.accept.slice_columns, f"split test of model {plan.model_name}")
    except BaseException:
        _unpersist(prepared)
        raise
    answered = {
        name: frame.where(F.col(LABEL).isNotNull()) if summaries[name].without_answer else frame
        for name, frame in prepared.named().items()
    }
    return PreparedSplits(Splits(**answered), summaries, prepared)


def _prepared(name: str, frame: DataFrame, plan: TrainingPlan, also: Iterable[str]) -> DataFrame:
    optional = [each for each in (plan.day, plan.weight) if each is not None]
    needed = [*plan.key, *plan.read, plan.target, plan.time, *optional, *plan.accept.slice_columns]
    require_columns(frame, needed, f"split {name} of model {plan.model_name}")
    kept = dict.fromkeys([*needed, *(column for column in also if column in frame.columns)])
    target = F.col(quoted(plan.target))
    day = F.col(quoted(plan.day)) if plan.day else F.to_date(quoted(plan.time))
    encoded = F.when(plan.task.is_usable(target), plan.task.encoded(target))
    rows = frame.select(*map(quoted, kept), encoded.alias(LABEL), day.alias(DAY))
    if plan.weight:
        # MLlib refuses a boolean as a weight, and XGBoost a decimal.
        rows = rows.withColumn(plan.weight, F.col(quoted(plan.weight)).cast("double"))
    return in_fixed_order(rows, plan.key, plan.partitions, plan.time)


def _unpersist(splits: Splits) -> None:
    for frame in splits.named().values():
        frame.unpersist()
