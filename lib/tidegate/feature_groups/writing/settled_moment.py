"""The settled moment of a table: maintenance has removed the repeated observations that became known before it.

For the time before this moment, the table still shows what was known at each time, but no longer every observation. So the store
can't put rows or full states from before this moment in their place. A row that repeats what was known anyway changes nothing.
The store refuses any other row. If the moment of a full state lies before the settled moment, the store also doesn't conclude
from a missing observation that a row vanished.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from tidegate.errors import SettledRowsError
from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.equal_values import row_values
from tidegate.moments import earlier_by, moment_column, utc_text
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.commit_metadata import NOTHING_CHANGED, Commit
from tidegate.tables.evolve import set_properties
from tidegate.tables.read import read_newest, table_property
from tidegate.tables.write import delete_matching

SETTLED_PROPERTY = "tidegate.settled_until"


@dataclass(frozen=True)
class Collapse:
    """The result of a collapse, or of its dry run.

    Attributes:
        group: Name and version of the feature group.
        until: The settled moment. Observations that became known before it were checked.
        rows: The number of repeated observations.
    """

    group: str
    until: datetime
    rows: int


def settled_until(spark: SparkSession, path: str) -> datetime | None:
    """Return the settled moment of the table; None if it has none."""
    text = table_property(spark, path, SETTLED_PROPERTY)
    return None if text is None else datetime.fromisoformat(text)


def repeated_observations(stored: DataFrame, group: FeatureGroup, until: datetime) -> DataFrame:
    """Return the observations known before a moment that repeat what was known, or are tombstones of rows that were not there."""
    in_order = Window.partitionBy(*group.entity_key, EVENT_TIME).orderBy(AVAILABLE_AT)
    values = F.expr(row_values(group))
    before = F.lag(values).over(in_order)
    repeats = values.eqNullSafe(before) | (before.isNull() & F.col(TOMBSTONE))
    marked = stored.where(F.col(AVAILABLE_AT) < moment_column(until)).withColumn("_repeats", repeats)
    return marked.where("_repeats").drop("_repeats")


def collapse_group(spark: SparkSession, path: str, group: FeatureGroup, now: datetime, dry_run: bool = False) -> Collapse | None:
    """Remove repeated observations that have been known for longer than `collapse_after`; None if it is not declared.

    The values that were known at any moment stay the same. Only their `available_at` may change: it becomes the time when the
    value first became known. The settled moment is stored in the table's properties before any row is removed. So if the driver
    is killed in between, the next run removes the rows. On file systems where writers have no lock, `collapse_after` must be
    longer than the write of a batch takes.
    """
    if group.collapse_after is None:
        return None
    # The lock keeps out a writer that compared its rows before the moment was set and would commit them after that.
    with exclusive(spark, path):
        until = max(earlier_by(now, group.collapse_after), settled_until(spark, path) or datetime.min.replace(tzinfo=UTC))
        return _collapse(spark, path, group, until, dry_run)


def _collapse(spark: SparkSession, path: str, group: FeatureGroup, until: datetime, dry_run: bool) -> Collapse:
    found = repeated_observations(read_newest(spark, path), group, until).agg(
        F.count(F.lit(1)).alias("rows"), F.collect_set(BUCKET).alias("buckets")
    )
    facts = found.first()
    if facts is None:
        raise RuntimeError("an aggregate without grouping returned no row")
    result = Collapse(group.full_name, until, facts["rows"])
    if dry_run or not facts["rows"]:
        return result
    set_properties(spark, path, {SETTLED_PROPERTY: until.isoformat()})
    repeated = repeated_observations(read_newest(spark, path), group, until)
    # A MERGE finds the rows by their keys. So rows that other writers append in the meantime stay.
    keys = repeated.select(*group.observation_key, BUCKET)
    within = f"_stored.`{BUCKET}` IN ({', '.join(map(str, sorted(facts['buckets'])))})"
    delete_matching(
        spark, path, keys, within, Commit(note={**NOTHING_CHANGED, "collapsed": facts["rows"], "settled_until": until})
    )
    return result


def recent_rows(rows: DataFrame, until: datetime | None) -> DataFrame:
    """Leave out rows known before the settled moment. The tombstones that follow from such rows are already stored."""
    return rows if until is None else rows.where(F.col(AVAILABLE_AT) >= moment_column(until))


def refuse_unsettling(group: FeatureGroup, until: datetime | None, rows: int) -> None:
    """Raise SettledRowsError if there are rows that would change what was known before the settled moment."""
    if until is not None and rows:
        raise SettledRowsError(group.full_name, rows, utc_text(until))
