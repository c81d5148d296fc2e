"""Write a batch into a feature group: refuse, compare with what is stored, MERGE what is new or newer."""

from dataclasses import asdict, dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, FeatureGroup
from tidegate.feature_groups.incoming import STANDING, IncomingFacts, incoming_facts, refuse_bad_rows, with_standing
from tidegate.schema import require_schema
from tidegate.subjects.suppression import Suppression
from tidegate.subjects.table_map import MappedTable
from tidegate.tables.create import create_table
from tidegate.tables.layout import Layout
from tidegate.tables.read import current_version, read_table
from tidegate.tables.write import TimeBounds, append_rows, merge_rows

_OUTCOME = "_outcome"


@dataclass(frozen=True)
class WriteResult:
    """What became of each row of a batch; `read` is the sum of the others.

    Attributes:
        group: Name and version of the feature group.
        table_version: Delta version after the write; unchanged where nothing was new.
        inserted: New entity keys or event_times.
        updated: Later known, or differing, values of stored ones.
        reobserved: The stored value known again later: only available_at advanced.
        unchanged: Exactly what is stored.
        older: Known earlier than what is stored or than another row of the batch.
        collapsed: Repetitions of an identical row within the batch.
        suppressed: Rows of erased subjects, refused.
    """

    group: str
    table_version: int
    read: int
    inserted: int = 0
    updated: int = 0
    reobserved: int = 0
    unchanged: int = 0
    older: int = 0
    collapsed: int = 0
    suppressed: int = 0

    def __post_init__(self) -> None:
        counts = {name: value for name, value in asdict(self).items() if name not in ("group", "table_version", "read")}
        if self.read != sum(counts.values()):
            raise RuntimeError(f"feature group {self.group}: {self.read} rows read, but {counts} don't add up to that")


def group_table(layout: Layout, group: FeatureGroup) -> MappedTable:
    """Return the group's entry in the map of subjects."""
    return MappedTable(layout.relative(layout.feature_group(group.full_name)), "feature group", group.subject)


def write_group(
    spark: SparkSession, layout: Layout, group: FeatureGroup, frame: DataFrame, suppression: Suppression | None
) -> WriteResult:
    """Write one batch by the write contract; the same batch again changes nothing.

    The caller has entered the group's table into the map of subjects.

    Raises:
        SchemaMismatchError: Columns or types differ from the definition; raised before any job starts.
        NullKeyError: A row lacks a part of its key or its event_time.
        DuplicateRowsError: Two different rows claim the same key, event_time and available_at.
    """
    require_schema(frame, group.schema, f"feature group {group.full_name}")
    path = layout.feature_group(group.full_name)
    create_table(spark, path, group.schema, group.personal_columns)
    # Not persist(): what follows would plan the whole transformation again, three times, which costs more than small data.
    # A lost executor fails the run, as it does in Delta's own MERGE; the next run repeats it.
    staged = with_standing(frame, group, suppression).localCheckpoint(eager=False)
    facts = incoming_facts(staged, group)
    refuse_bad_rows(facts, staged, group)
    winners = staged.where(F.col(STANDING) == "winner").drop(STANDING)
    outcomes = _store(spark, path, group, winners, facts)
    older = facts.older + outcomes.pop("older", 0)
    counts = {"read": facts.read, "collapsed": facts.collapsed, "suppressed": facts.suppressed, "older": older}
    return WriteResult(group.full_name, current_version(spark, path), **counts, **outcomes)


def _store(spark: SparkSession, path: str, group: FeatureGroup, winners: DataFrame, facts: IncomingFacts) -> dict[str, int]:
    """Write the winners and return how many rows met which outcome."""
    if facts.earliest is None or facts.latest is None:
        return {}
    if current_version(spark, path) == 0:
        append_rows(_laid_out(winners, group), path)
        return {"inserted": facts.read - facts.collapsed - facts.older - facts.suppressed}
    bounds = TimeBounds(EVENT_TIME, facts.earliest, facts.latest)
    stored = read_table(spark, path).alias("stored").where(bounds.condition("stored"))
    compared = _with_outcome(winners, stored, group).localCheckpoint(eager=False)
    counted = {row[_OUTCOME]: row["count"] for row in compared.groupBy(_OUTCOME).count().collect()}
    if counted.keys() & {"inserted", "updated", "reobserved"}:
        changes = compared.where(F.col(_OUTCOME).isin("inserted", "updated", "reobserved")).drop(_OUTCOME)
        only_inserts = not counted.keys() & {"updated", "reobserved"}
        merge_rows(spark, path, changes, [*group.entity_key, EVENT_TIME], bounds, only_inserts)
    return counted


def _with_outcome(winners: DataFrame, stored: DataFrame, group: FeatureGroup) -> DataFrame:
    """Compare each row with the stored one of the same key and event_time."""
    keys = [*group.entity_key, EVENT_TIME]
    values = list(group.feature_names)
    held = stored.select(*keys, F.struct(*values, AVAILABLE_AT).alias("_held"))
    held_values = F.struct(*[F.col(f"_held.{name}") for name in values])
    same_values = F.struct(*values).eqNullSafe(held_values)
    outcome = (
        F.when(F.col("_held").isNull(), "inserted")
        .when(F.col(AVAILABLE_AT) < F.col(f"_held.{AVAILABLE_AT}"), "older")
        .when(~same_values, "updated")
        .when(F.col(AVAILABLE_AT) > F.col(f"_held.{AVAILABLE_AT}"), "reobserved")
        .otherwise("unchanged")
    )
    return winners.join(held, on=keys, how="left").withColumn(_OUTCOME, outcome).select(*group.schema.names, _OUTCOME)


def _laid_out(rows: DataFrame, group: FeatureGroup) -> DataFrame:
    """Order a first load by time, so that file statistics tell the days apart."""
    return rows.sortWithinPartitions(EVENT_TIME, *group.entity_key)
