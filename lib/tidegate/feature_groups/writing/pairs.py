"""Compare new rows with whole buckets of a table with one row an event, by a join: it takes half the time of windows."""

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
from tidegate.tables.read import file_count

# Spark's setting, in our conf files: a join takes rows as they are divided already. Its default divides them by all join keys.
_TAKES_BUCKETS = "spark.sql.requireAllClusterKeysForCoPartition"
_WAS, _IS = "_was", "_is"
_BEFORE, _NEWEST, _REPEATED = "_before", "_newest", "_repeated"


def can_pair(target: Target) -> bool:
    """Tell whether an event has at most one stored row, and no tombstones are concluded from full states."""
    return target.group.history == "latest" and target.batch.state is None and not target.marks


def is_first_load(target: Target) -> bool:
    """Tell whether there is nothing that the batch could be compared with."""
    return can_pair(target) and file_count(target.store.spark, target.path) == 0


def stay_in_buckets(spark: SparkSession, buckets: int) -> bool:
    """Tell whether rows are best divided among tasks by bucket: they are then written as they come out of the join."""
    return buckets >= spark.sparkContext.defaultParallelism and spark.conf.get(_TAKES_BUCKETS, "true") == "false"


def by_pairs(
    target: Target, rows: DataFrame, stored: DataFrame, settled: datetime | None, in_order: bool, by_bucket: bool
) -> DataFrame:
    """Return one row an event: the new one or the stored one, whichever belongs into the table, with `_effect` and `_kept`.

    Where a stored row stays in the place of a new one, `_effect` is still the new one's. A new row without a stored one is
    returned whatever its effect is.

    Args:
        target: The table; it keeps the latest observations.
        rows: The batch's rows, with the table's columns.
        stored: All stored rows of their buckets.
        settled: The moment below which nothing changes any more, if there is one.
        in_order: Whether the batch has at most one row of each event; else those of one event get the effect `repeated`.
        by_bucket: Whether to divide them among tasks by bucket; else by event.
    """
    group = target.group
    event = (BUCKET, *group.entity_key, EVENT_TIME)
    others = [name for name in group.stored_schema.names if name not in event]
    # With a number, Spark keeps it: fewer tasks would be as uneven as the buckets in them.
    apart = (_tasks(target), BUCKET) if by_bucket else event
    names = ", ".join(map(quoted, event))
    # The rows are divided and sorted as the join needs it anyway.
    is_repeated = "false" if in_order else f"row_number() OVER (PARTITION BY {names} ORDER BY {EVENT_TIME}) > 1"
    new = rows.repartition(*apart).selectExpr(*map(quoted, (*event, *others)), f"{is_repeated} AS {_REPEATED}", f"true AS {_IS}")
    was = named_struct([(name, quoted(name)) for name in others])
    pairs = stored.repartition(*apart).selectExpr(*map(quoted, event), f"{was} AS {_WAS}").join(new, list(event), "full_outer")
    before = known_row(group, "true", "false", f"{_WAS}.")
    pairs = pairs.selectExpr(
        "*",
        f"if({_WAS}.{AVAILABLE_AT} <= {AVAILABLE_AT}, {before}, NULL) AS {_BEFORE}",
        f"greatest({_WAS}.{AVAILABLE_AT}, {AVAILABLE_AT}) AS {_NEWEST}",
        f"false AS {CONCLUDED}",
    )
    effect = effect_of(group, Neighbours(_BEFORE, _NEWEST, _REPEATED), settled)
    return _chosen(pairs.selectExpr("*", f"if({_IS}, {effect}, '') AS {EFFECT}"), event, others)


def _tasks(target: Target) -> int:
    # Buckets fall unevenly on tasks, in four tasks twice as many on one as on another: with more of them all cores end together.
    return min(target.buckets, 2 * int(target.store.spark.conf.get("spark.sql.shuffle.partitions") or 200))


def _chosen(pairs: DataFrame, event: Sequence[str], others: Sequence[str]) -> DataFrame:
    kept = f"if({_WAS} IS NULL, NULL, NOT {has_effect(REPLACING)}) AS {KEPT}"
    values = [f"if({KEPT}, {_WAS}.{name}, {name}) AS {name}" for name in map(quoted, others)]
    return pairs.selectExpr("*", kept).selectExpr(*map(quoted, event), *values, CONCLUDED, EFFECT, KEPT)
