"""Read a feature group: as it is known now, as it was known at a moment, or with every observation."""

from collections.abc import Sequence
from datetime import datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import HistoryError, MissingGroupError, MissingVersionError
from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.equal_values import row_values
from tidegate.moments import moment_column, require_moment
from tidegate.schema import comparable, quoted
from tidegate.tables.create import table_exists
from tidegate.tables.find import find_tables
from tidegate.tables.read import current_version, read_table
from tidegate.tables.store import Store


def current_rows(stored: DataFrame, group: FeatureGroup) -> DataFrame:
    """Return the newest row of each key and event_time. If the newest row is a tombstone, no row is returned.

    Args:
        stored: Rows with the columns of the group's table.
        group: The feature group.
    """
    newest = stored if group.history == "latest" else known_at(stored, group, None)
    return without_tombstones(newest)


def present_rows(stored: DataFrame, group: FeatureGroup) -> DataFrame:
    """Return the rows of `current_rows`, each with the moment since which its present values are known as its `available_at`.

    With `history="all"`, later observations of the same values don't move this moment. With `history="latest"`, the table has
    only the last observation.

    Args:
        stored: Rows with the columns of the group's table.
        group: The feature group.
    """
    if group.history == "latest":
        return without_tombstones(stored)
    in_order = Window.partitionBy(*group.entity_key, EVENT_TIME).orderBy(AVAILABLE_AT)
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    values = F.expr(row_values(group))
    marked = stored.withColumns(
        {"_is_new": ~values.eqNullSafe(F.lag(values).over(in_order)), "_later": F.lead(AVAILABLE_AT).over(in_order)}
    )
    since = F.last(F.when(F.col("_is_new"), F.col(AVAILABLE_AT)), ignorenulls=True).over(so_far)
    newest = marked.withColumn(AVAILABLE_AT, since).where("_later IS NULL").drop("_is_new", "_later")
    return without_tombstones(newest)


def rows_as_known(stored: DataFrame, group: FeatureGroup, moment: datetime) -> DataFrame:
    """Return the rows of a group as they were known at a moment.

    Raises:
        NaiveMomentError: The moment has no time zone.
        HistoryError: The group has `history="latest"`. It does not keep what was known before.
    """
    require_moment(moment, "the moment that a feature group is read as known at")
    if group.history == "latest":
        raise HistoryError(group.full_name)
    return without_tombstones(known_at(stored, group, moment))


def collapsed(stored: DataFrame, group: FeatureGroup) -> DataFrame:
    """Return the observations that changed what was known.

    An observation is left out if it repeats the values known before, or if it is a tombstone of a row that was not there. With
    `history="latest"` the result contains all rows that are no tombstones. Two tables that got the same batches in different
    orders have the same collapsed rows.
    """
    if group.history == "latest":
        return stored.where(~F.col(TOMBSTONE)).drop(BUCKET)
    in_order = Window.partitionBy(*group.entity_key, EVENT_TIME).orderBy(AVAILABLE_AT)
    values = F.expr(row_values(group))
    before = F.lag(values).over(in_order)
    nothing_there = before.isNull() & F.col(TOMBSTONE)
    marked = stored.withColumn("_new", ~values.eqNullSafe(before) & ~nothing_there)
    return marked.where("_new").drop("_new", BUCKET)


def joinable_rows(stored: DataFrame, group: FeatureGroup) -> DataFrame:
    """Return the rows that a point-in-time join chooses from.

    With `history="all"` these are all observations, tombstones included: the join may choose a row of an event until the
    tombstone of this event becomes known. With `history="latest"` a tombstone has replaced the row of its event, so the result
    contains no row of this event.
    """
    return stored.drop(BUCKET) if group.history == "all" else without_tombstones(stored)


def withdrawn_events(
    stored: DataFrame, entity_key: Sequence[str], history: str | None, as_of: datetime | None = None
) -> DataFrame:
    """Return the key and the event_time of every event whose newest observation is a tombstone.

    Args:
        stored: The rows of the group's table. Rows that can never change have no tombstones.
        entity_key: The entity key of the group.
        history: The kind of history of the group. With `latest`, only tombstones are read.
        as_of: Leave out what became known after this moment; None: nothing. With `history="latest"`, the table has forgotten
            tombstones that a later row replaced.
    """
    event = [*map(quoted, entity_key), EVENT_TIME]
    if TOMBSTONE not in stored.columns:
        return stored.select(*event).where(F.lit(False))
    known = stored if as_of is None else stored.where(F.col(AVAILABLE_AT) <= moment_column(as_of))
    if history == "latest":
        return known.where(TOMBSTONE).select(*event)
    return known.groupBy(*event).agg(F.max_by(TOMBSTONE, AVAILABLE_AT).alias(TOMBSTONE)).where(TOMBSTONE).drop(TOMBSTONE)


def content_hash(rows: DataFrame) -> Column:
    """Return an aggregate that sums the hashes of all rows, as text. It sums decimals, because a sum of longs could overflow."""
    columns = [F.expr(comparable(quoted(field.name), field.dataType)) for field in rows.schema.fields]
    return F.sum(F.xxhash64(*columns).cast(T.DecimalType(38, 0))).cast("string")


def existing_table(store: Store, group: FeatureGroup) -> str:
    """Return the path of a group's table.

    Raises:
        MissingGroupError: The group was never written.
    """
    path = store.layout.feature_group(group.full_name)
    if not table_exists(store.spark, path):
        there = find_tables(store.spark, store.layout.feature_group(""))
        raise MissingGroupError(group.full_name, store.layout.root, there)
    return path


def rows_at(store: Store, group: FeatureGroup, version: int | None = None) -> DataFrame:
    """Return all rows of a group's table, with the columns that the store adds.

    Args:
        store: The store.
        group: The feature group.
        version: The version of the table; None means the newest.

    Raises:
        MissingGroupError: The group was never written.
        MissingVersionError: The table has no such version.
    """
    path = existing_table(store, group)
    if version is not None:
        newest = current_version(store.spark, path)
        if not 0 <= version <= newest:
            raise MissingVersionError(f"feature group {group.full_name}", version, newest)
    return read_table(store.spark, path, version)


def known_at(rows: DataFrame, group: FeatureGroup, moment: datetime | None) -> DataFrame:
    """Return the newest row of each key and event_time that was known at a moment (None: now), tombstones included."""
    known = rows if moment is None else rows.where(F.col(AVAILABLE_AT) <= moment_column(moment))
    if group.history == "latest":
        return known
    newest_first = Window.partitionBy(*group.entity_key, EVENT_TIME).orderBy(F.col(AVAILABLE_AT).desc())
    return known.withColumn("_place", F.row_number().over(newest_first)).where("_place = 1").drop("_place")


def without_tombstones(rows: DataFrame) -> DataFrame:
    """Leave out the tombstones and the columns that the store adds."""
    return rows.where(~F.col(TOMBSTONE)).drop(TOMBSTONE, BUCKET)
