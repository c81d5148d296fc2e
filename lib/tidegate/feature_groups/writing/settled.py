"""What is settled in a group: the moment up to which observations that only repeat were removed.

Below that moment the observations no longer tell everything that was seen, only what was known at each time. So a row or a
full state from before it can't be put in its place any more: one that says what is known anyway changes nothing, any other
is refused. In particular nothing is concluded from the lack of an observation at the moment of a full state below it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from tidegate.errors import SettledRowsError
from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.values import row_values
from tidegate.moments import earlier_by, moment_column, utc_text
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.commits.commit_note import Commit
from tidegate.tables.evolve import set_properties
from tidegate.tables.read import current_version, read_table, table_property
from tidegate.tables.write import delete_matching

SETTLED_PROPERTY = "tidegate.settled_until"


@dataclass(frozen=True)
class Collapse:
    """What a collapse removed, or would remove.

    Attributes:
        group: Name and version of the feature group.
        until: Observations known before it were looked at; what was known then is settled.
        rows: Observations that only repeated.
    """

    group: str
    until: datetime
    rows: int


def settled_until(spark: SparkSession, path: str) -> datetime | None:
    """Return the moment below which the table is settled; None where nothing is."""
    text = table_property(spark, path, SETTLED_PROPERTY)
    return None if text is None else datetime.fromisoformat(text)


def repeated_observations(stored: DataFrame, group: FeatureGroup, until: datetime) -> DataFrame:
    """Return the observations known before a moment that say what was known already, or end what was not there."""
    in_order = Window.partitionBy(*group.entity_key, EVENT_TIME).orderBy(AVAILABLE_AT)
    values = F.expr(row_values(group))
    before = F.lag(values).over(in_order)
    repeats = values.eqNullSafe(before) | (before.isNull() & F.col(TOMBSTONE))
    marked = stored.where(F.col(AVAILABLE_AT) < moment_column(until)).withColumn("_repeats", repeats)
    return marked.where("_repeats").drop("_repeats")


def collapse_group(spark: SparkSession, path: str, group: FeatureGroup, now: datetime, dry_run: bool = False) -> Collapse | None:
    """Remove the observations known for longer than `collapse_after` that only repeat; None where the group declares none.

    What the table holds as known at any moment stays the same, but for `available_at`: it then is when the value became
    known first. The moment is put into the table's properties before a row goes; a driver killed in between has settled
    something without having removed it, and the next run removes it. Off local file systems, where writers have no lock,
    `collapse_after` is to be longer than a batch takes.
    """
    if group.collapse_after is None:
        return None
    # A writer that compared its rows before the moment was set must not commit after it.
    with exclusive(spark, path):
        until = max(earlier_by(now, group.collapse_after), settled_until(spark, path) or datetime.min.replace(tzinfo=UTC))
        return _collapse(spark, path, group, until, dry_run)


def _collapse(spark: SparkSession, path: str, group: FeatureGroup, until: datetime, dry_run: bool) -> Collapse:
    found = repeated_observations(read_table(spark, path, current_version(spark, path)), group, until).agg(
        F.count(F.lit(1)).alias("rows"), F.collect_set(BUCKET).alias("buckets")
    )
    facts = found.first()
    if facts is None:
        raise RuntimeError("an aggregate without grouping returned no row")
    result = Collapse(group.full_name, until, facts["rows"])
    if dry_run or not facts["rows"]:
        return result
    set_properties(spark, path, {SETTLED_PROPERTY: until.isoformat()})
    repeated = repeated_observations(read_table(spark, path, current_version(spark, path)), group, until)
    # A MERGE finds rows by their keys: what others append meanwhile stays.
    keys = repeated.select(*group.observation_key, BUCKET)
    within = f"_stored.`{BUCKET}` IN ({', '.join(map(str, sorted(facts['buckets'])))})"
    delete_matching(spark, path, keys, within, Commit(note={"collapsed": facts["rows"], "settled_until": until}))
    return result


def recent_rows(rows: DataFrame, until: datetime | None) -> DataFrame:
    """Leave out what was known before the settled moment: what followed from it is stored."""
    return rows if until is None else rows.where(F.col(AVAILABLE_AT) >= moment_column(until))


def refuse_unsettling(group: FeatureGroup, until: datetime | None, rows: int) -> None:
    """Raise SettledRowsError where rows would change what was known before the settled moment."""
    if until is not None and rows:
        raise SettledRowsError(group.full_name, rows, utc_text(until))
