"""Compare the rows of a batch with whole buckets of the table by a join: each event once, what is new beside what is stored."""

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession

from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.outcomes import (
    DERIVED,
    FATE,
    GOES,
    OUTCOME,
    REPLACING,
    STAYS,
    STORED,
    has_outcome,
    outcome_of,
    told_by,
)
from tidegate.feature_groups.writing.target import Target
from tidegate.schema import named_struct, quoted

# Spark's setting, in our conf files: a join takes rows as they are divided already. Its default divides them by all join keys.
_TAKES_BUCKETS = "spark.sql.requireAllClusterKeysForCoPartition"
_WAS, _IS = "_was", "_is"


def can_pair(target: Target, batch: Batch) -> bool:
    """Tell whether an event has at most one stored row, and no tombstones are concluded from full states."""
    return target.group.history == "latest" and batch.state is None and not target.marks


def stay_in_buckets(spark: SparkSession, buckets: int) -> bool:
    """Tell whether rows are best divided among tasks by bucket: they are then written as they come out of the join."""
    return buckets >= spark.sparkContext.defaultParallelism and spark.conf.get(_TAKES_BUCKETS, "true") == "false"


def paired(target: Target, rows: DataFrame, stored: DataFrame, ordered: bool, by_bucket: bool) -> DataFrame:
    """Return a row an event: the new one or the stored one, whichever is to be in the table; `_outcome` and `_fate` of both.

    Full outer join of sorted rows: half the time of `with_outcome`'s windows, and half as many rows come out. A new row that
    has no stored one beside it stays the new one, whatever its outcome.

    Args:
        target: The table; it keeps the latest observations.
        rows: The batch's rows, with the table's columns.
        stored: All stored rows of their buckets.
        ordered: Whether the batch surely has no two rows of one event; else these have the outcome `repeated`.
        by_bucket: Whether to divide them among tasks by bucket; else by event.
    """
    group = target.group
    event = (BUCKET, *group.entity_key, EVENT_TIME)
    others = [name for name in group.stored_schema.names if name not in event]
    # With a number, Spark keeps it: fewer tasks would be as uneven as the buckets in them.
    apart = (_tasks(target), BUCKET) if by_bucket else event
    names = ", ".join(map(quoted, event))
    # Divided and sorted as the join needs it anyway.
    is_repeated = "false" if ordered else f"row_number() OVER (PARTITION BY {names} ORDER BY {EVENT_TIME}) > 1"
    new = rows.repartition(*apart).selectExpr(
        *map(quoted, (*event, *others)), f"1 + int({is_repeated}) AS _read", f"true AS {_IS}"
    )
    was = named_struct([(name, quoted(name)) for name in others])
    pairs = stored.repartition(*apart).selectExpr(*map(quoted, event), f"{was} AS {_WAS}").join(new, list(event), "full_outer")
    before = [(STORED, "true"), (DERIVED, "false"), *told_by(group, f"{_WAS}.")]
    known = pairs.selectExpr(
        "*",
        f"if({_WAS}.{AVAILABLE_AT} <= {AVAILABLE_AT}, {named_struct(before)}, NULL) AS _before",
        f"greatest({_WAS}.{AVAILABLE_AT}, {AVAILABLE_AT}) AS _newest",
        f"false AS {DERIVED}",
    )
    judged = known.selectExpr("*", f"if({_IS}, {outcome_of(group, target.settled)}, '') AS {OUTCOME}")
    return _chosen(judged, event, others)


def _tasks(target: Target) -> int:
    # Buckets fall unevenly on tasks, in four tasks twice as many on one as on another: with more of them all cores end together.
    return min(target.buckets, 2 * int(target.store.spark.conf.get("spark.sql.shuffle.partitions") or 200))


def _chosen(judged: DataFrame, event: Sequence[str], others: Sequence[str]) -> DataFrame:
    fate = f"CASE WHEN {_WAS} IS NULL THEN '' WHEN {has_outcome(REPLACING)} THEN '{GOES}' ELSE '{STAYS}' END AS {FATE}"
    values = [f"if({FATE} = '{STAYS}', {_WAS}.{name}, {name}) AS {name}" for name in map(quoted, others)]
    return judged.selectExpr("*", fate).selectExpr(*map(quoted, event), *values, DERIVED, OUTCOME, FATE)
