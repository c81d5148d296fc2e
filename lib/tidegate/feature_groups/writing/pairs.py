"""Compare new rows with all rows of their buckets by a join, in a table with one row for each event.

This takes half the time of the comparison by windows.
"""

from collections.abc import Sequence
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession

from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME
from tidegate.feature_groups.writing.effects import (
    CONCLUDED,
    EFFECT,
    KEPT,
    REPLACING,
    Neighbours,
    effect_of,
    has_effect,
    known_row,
)
from tidegate.feature_groups.writing.target import Target
from tidegate.schema import named_struct, quoted
from tidegate.tables.commits.file_commit import can_count_rows
from tidegate.tables.read import file_count

# A setting of Spark that our conf files change: a join keeps rows divided as they are. By default, Spark divides them again, by
# all columns of the join.
_TAKES_BUCKETS = "spark.sql.requireAllClusterKeysForCoPartition"
_WAS, _IS = "_was", "_is"
_BEFORE, _NEWEST, _REPEATED = "_before", "_newest", "_repeated"


def can_pair(target: Target) -> bool:
    """Return whether each event has at most one stored row and no tombstones have to be concluded from full states."""
    return target.group.history == "latest" and target.batch.state is None and not target.marks


def is_first_load(target: Target) -> bool:
    """Return whether the table has no rows that the batch could be compared with."""
    return can_pair(target) and file_count(target.store.spark, target.path) == 0


def is_written_at_once(target: Target) -> bool:
    """Return whether a first load can be written without a comparison: the rows of each event are counted while it is written."""
    return target.store.is_local and can_count_rows(target.store.spark) and is_first_load(target)


def stay_in_buckets(spark: SparkSession, buckets: int) -> bool:
    """Return whether rows should be divided among tasks by bucket. Then they can be written just as the join returns them."""
    return buckets >= spark.sparkContext.defaultParallelism and spark.conf.get(_TAKES_BUCKETS, "true") == "false"


def by_pairs(
    target: Target, rows: DataFrame, stored: DataFrame, settled: datetime | None, in_order: bool, by_bucket: bool
) -> DataFrame:
    """Return for each event the row that belongs into the table, the new or the stored one, with `_effect` and `_kept`.

    If a stored row stays in the table, the returned row has its values and the `_effect` of the new row that it was compared
    with. A new row of an event without a stored row is returned with any effect.

    Args:
        target: The table. Its group has `history="latest"`.
        rows: The accepted rows of the batch, with the columns of the table.
        stored: All stored rows of their buckets.
        settled: The settled moment of the table: what was known before it can't change any more. None if there is none.
        in_order: Whether the batch has at most one row of each event. If false, the second and further rows of an event get the
            effect `repeated`.
        by_bucket: Whether to divide the rows among tasks by bucket. If false, they are divided by event.
    """
    group = target.group
    event = (BUCKET, *group.entity_key, EVENT_TIME)
    others = [name for name in group.stored_schema.names if name not in event]
    # Spark keeps a number of tasks that is given. Without one it may join tasks, and these would get very different numbers of
    # rows.
    apart = (_tasks(target), BUCKET) if by_bucket else event
    names = ", ".join(map(quoted, event))
    # This window costs little, because the join needs the rows divided and sorted like this anyway.
    is_repeated = "false" if in_order else f"row_number() OVER (PARTITION BY {names} ORDER BY {EVENT_TIME}) > 1"
    new = rows.repartition(*apart).selectExpr(*map(quoted, (*event, *others)), f"{is_repeated} AS {_REPEATED}", f"true AS {_IS}")
    was = named_struct([(name, quoted(name)) for name in others])
    pairs = stored.repartition(*apart).selectExpr(*map(quoted, event), f"{was} AS {_WAS}").join(new, list(event), "full_outer")
    before = known_row(group, "true", "false", f"{_WAS}.")
    is_before = f"{_WAS} IS NOT NULL" if group.immutable else f"{_WAS}.{AVAILABLE_AT} <= {AVAILABLE_AT}"
    pairs = pairs.selectExpr(
        "*",
        f"if({is_before}, {before}, NULL) AS {_BEFORE}",
        f"greatest({_WAS}.{AVAILABLE_AT}, {AVAILABLE_AT}) AS {_NEWEST}",
        f"false AS {CONCLUDED}",
    )
    effect = effect_of(group, Neighbours(_BEFORE, _NEWEST, _REPEATED), settled)
    return _chosen(pairs.selectExpr("*", f"if({_IS}, {effect}, '') AS {EFFECT}"), event, others)


def _tasks(target: Target) -> int:
    # Tasks get different numbers of buckets: of four tasks, one may get twice as many as another. With more tasks than cores, all
    # cores finish at about the same time.
    return min(target.buckets, 2 * int(target.store.spark.conf.get("spark.sql.shuffle.partitions") or 200))


def _chosen(pairs: DataFrame, event: Sequence[str], others: Sequence[str]) -> DataFrame:
    kept = f"if({_WAS} IS NULL, NULL, NOT {has_effect(REPLACING)}) AS {KEPT}"
    values = [f"if({KEPT}, {_WAS}.{name}, {name}) AS {name}" for name in map(quoted, others)]
    return pairs.selectExpr("*", kept).selectExpr(*map(quoted, event), *values, CONCLUDED, EFFECT, KEPT)
