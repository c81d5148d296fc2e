"""Compare the rows of a batch with the stored ones: what is new, what is newer, what was known already."""

from datetime import datetime
from typing import Literal

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.incoming import IncomingFacts
from tidegate.feature_groups.values import row_values
from tidegate.tables.write import TimeBounds

OUTCOME = "_outcome"
# Whether a row was concluded from a full state rather than read.
DERIVED = "_derived"
# Stored rows beside a batch that is as large: those that hold on, and those that a row of the batch replaces.
STAYS, GOES = "stays", "goes"
_STORED = "_stored"
# Up to so many keys go to every task instead of shuffling the table.
_BROADCAST_ROWS = 200_000


def related_rows(stored: DataFrame, winners: DataFrame, group: FeatureGroup, facts: IncomingFacts) -> DataFrame:
    """Return the stored rows of the batch's keys and event_times; literal bounds let the scan skip files.

    Args:
        stored: The table's own columns.
        winners: Rows of the batch.
        group: The feature group.
        facts: Where the winners lie.
    """
    if facts.earliest is None or facts.latest is None:
        return stored.limit(0)
    near = stored.where(F.expr(TimeBounds(EVENT_TIME, facts.earliest, facts.latest).condition()))
    if facts.listed_buckets is not None:
        near = near.where(F.col(BUCKET).isin(list(facts.listed_buckets)))
    keys = winners.select(*group.entity_key, EVENT_TIME)
    if facts.winners <= _BROADCAST_ROWS:
        keys = F.broadcast(keys)
    return near.join(keys, on=[*group.entity_key, EVENT_TIME], how="left_semi")


def with_outcome(
    rows: DataFrame,
    related: DataFrame,
    group: FeatureGroup,
    settled: datetime | None = None,
    keep: Literal["none", "goes", "all"] = "none",
) -> DataFrame:
    """Add `_outcome` to new rows: inserted, updated, reobserved, unchanged, older, replaced, superseded, conflicting, late.

    One shuffle and one sort of the new rows with the stored rows of their keys. `updated` says that the value differs from
    the one known before, also where that one stays beside it (`history="all"`); `replaced` and `superseded` are settled by
    the sequence among rows of one moment; `late` rows would change what was known before the settled moment.

    Args:
        rows: Columns of the table and `_derived`.
        related: The stored rows of their keys and event_times; further columns of theirs are kept, NULL for new rows.
        group: The feature group.
        settled: The moment below which nothing changes any more, if there is one.
        keep: Which stored rows to return as well, with the outcome `stays` or `goes`.
    """
    columns = [*rows.drop(DERIVED).columns, *(name for name in related.columns if name not in rows.columns)]
    stored = related.select(*columns, F.lit(False).alias(DERIVED), F.lit(True).alias(_STORED))
    sides = stored.unionByName(rows.withColumn(_STORED, F.lit(False)), allowMissingColumns=True)
    in_order = Window.partitionBy(*group.entity_key, EVENT_TIME).orderBy(F.col(AVAILABLE_AT), F.col(_STORED).desc())
    marked = _with_neighbours(sides, group, in_order)
    if keep == "none":
        marked = marked.where(~F.col(_STORED)).withColumn(OUTCOME, _outcome(group, settled))
        return marked.select(*columns, DERIVED, OUTCOME)
    marked = marked.withColumn(OUTCOME, F.when(~F.col(_STORED), _outcome(group, settled)))
    # Of the latest observations one stays; of all of them, each but the one that a higher sequence replaces.
    replacing = ["replaced", *(["updated", "reobserved"] if group.history == "latest" else [])]
    is_replaced = F.coalesce(F.lead(OUTCOME).over(in_order).isin(replacing), F.lit(False))
    stored_outcome = F.when(is_replaced, GOES).otherwise(STAYS)
    compared = marked.withColumn(OUTCOME, F.coalesce(OUTCOME, stored_outcome)).select(*columns, DERIVED, OUTCOME)
    return compared if keep == "all" else compared.where(F.col(OUTCOME) != STAYS)


def _with_neighbours(sides: DataFrame, group: FeatureGroup, in_order: WindowSpec) -> DataFrame:
    """Add the row known before each row of its key and event_time, and when the newest one was known."""
    # A table of the latest observations keeps one row an event, whichever side it comes from.
    counts_as_newest = F.lit(True) if group.history == "latest" else F.col(_STORED)
    newest = F.max(F.when(counts_as_newest, F.col(AVAILABLE_AT)))
    before = F.lag(
        F.struct(F.col(_STORED), F.col(AVAILABLE_AT), _sequence(group).alias("sequence"), row_values(group).alias("v"))
    )
    whole_event = in_order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    return sides.withColumns({"_before": before.over(in_order), "_newest": newest.over(whole_event)})


def _outcome(group: FeatureGroup, settled: datetime | None) -> Column:
    same_value = row_values(group).eqNullSafe(F.col("_before.v"))
    # Below it repetitions are removed, and so is the end of what was not there: such a row may be one of those.
    is_settled = F.lit(False) if settled is None else F.col(AVAILABLE_AT) < F.lit(settled)
    says_what_is_known = same_value | (F.col("_before").isNull() & F.col(TOMBSTONE))
    met = F.col(f"_before.{_STORED}") & (F.col(f"_before.{AVAILABLE_AT}") == F.col(AVAILABLE_AT))
    sequence = _sequence(group)
    return (
        F.when((met & same_value) | (is_settled & says_what_is_known), "unchanged")
        .when(is_settled, "late")
        .when(met & (sequence > F.col("_before.sequence")), "replaced")
        .when(met & (sequence < F.col("_before.sequence")), "superseded")
        .when(met, "conflicting")
        .when(F.col("_newest") > F.col(AVAILABLE_AT), "older")
        .when(F.col("_before").isNull(), "inserted")
        .when(same_value, "reobserved")
        .otherwise("updated")
    )


def _sequence(group: FeatureGroup) -> Column:
    return F.col(group.sequence) if group.sequence else F.lit(0)


def known_at(rows: DataFrame, group: FeatureGroup, moment: datetime | None) -> DataFrame:
    """Return the newest row of each key and event_time among those known at a moment (None: now), with tombstones."""
    known = rows if moment is None else rows.where(F.col(AVAILABLE_AT) <= F.lit(moment))
    if group.history == "latest":
        return known
    newest_first = Window.partitionBy(*group.entity_key, EVENT_TIME).orderBy(F.col(AVAILABLE_AT).desc())
    return known.withColumn("_place", F.row_number().over(newest_first)).where("_place = 1").drop("_place")


def without_tombstones(rows: DataFrame) -> DataFrame:
    """Leave out the rows that no longer hold, and the store's own columns."""
    return rows.where(~F.col(TOMBSTONE)).drop(TOMBSTONE, BUCKET)
