"""How far each feature group is loaded: the moment up to which all that was known has been loaded.

The moment lies on the axis of `available_at`. It tells "nothing happened" from "nobody knows yet": that no row is known after it
does not mean that nothing happened.

Every load appends a record to a table of the store's own, after it has committed its rows. Nobody changes a record, so writers
can't overwrite what another one recorded. `loaded_until` puts the records together. So the moment may be earlier than the truth
for a while, if a writer was killed before its record, but it is never later.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from pyspark.sql import DataFrame, Row, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import DefinitionError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.moments import moment_of, require_moment
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.commits.few_rows import append_few
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.read import read_table, table_identity
from tidegate.tables.store import Store

Kind = Literal["days", "look", "rows", "said"]
SCHEMA = T.StructType(
    [
        T.StructField("feature_group", T.StringType()),
        T.StructField("kind", T.StringType()),
        T.StructField("source", T.StringType()),
        T.StructField("loaded_from", T.TimestampType()),
        T.StructField("loaded_until", T.TimestampType()),
        T.StructField("table_version", T.LongType()),
        T.StructField("batch", T.StringType()),
        T.StructField("recorded_at", T.TimestampType()),
    ]
)
# The newest row of a load is rarely known in the last microsecond of its last day. So days that begin at most this long after the
# newest row follow it without a gap.
_AFTER_ROWS = timedelta(days=1)
# By the id of the table: the version that was read last, and the moment of each group.
_LAST_READ: dict[str, tuple[int, Mapping[str, datetime]]] = {}


@dataclass(frozen=True)
class Load:
    """One load of a feature group, as it is recorded: what it says about how far the group is loaded.

    Attributes:
        group: The full name of the feature group.
        kind: Why the load says so. `days`: it loaded whole days, from `since` to `until`. `look`: it looked for news in a live
            source at `until`. `rows`: `until` is the newest available_at of its rows. `said`: the caller gave `until`.
        until: All that was known up to this moment has been loaded.
        table_version: The version of the group's table after the load.
        since: For days: the start of the first day. None: the load says nothing about where its rows begin.
        source: For a look: the name of the source.
        batch: The id of the batch; None if it has none.

    Raises:
        NaiveMomentError: A moment has no time zone.
        DefinitionError: The days end before they begin.
    """

    group: str
    kind: Kind
    until: datetime
    table_version: int
    since: datetime | None = None
    source: str | None = None
    batch: str | None = None

    def __post_init__(self) -> None:
        require_moment(self.until, "loaded_until of a load")
        require_moment(self.since, "the start of the loaded days")
        if self.since is not None and self.since > self.until:
            raise DefinitionError(f"feature group {self.group}: loaded days from {self.since} end at {self.until}.")


def record_loaded_until(store: Store, loads: Sequence[Load]) -> None:
    """Append a record for each load, in one commit. The caller has committed the rows of the loads before.

    Args:
        store: The store.
        loads: The loads, of one or several groups.
    """
    if not loads:
        return
    create_table(store.spark, store.layout.loaded_until, TableShape(SCHEMA))
    now = datetime.now(UTC)
    rows = [(load.group, load.kind, load.source, load.since, load.until, load.table_version, load.batch, now) for load in loads]
    append_few(store.spark, store.layout.loaded_until, rows, SCHEMA, Commit(note={"loads": len(rows)}))


def recorded_groups(store: Store) -> set[str]:
    """Return the full names of the groups with a record of a load."""
    if not table_exists(store.spark, store.layout.loaded_until):
        return set()
    names = read_table(store.spark, store.layout.loaded_until).select("feature_group").distinct().collect()
    return {row["feature_group"] for row in names}


def is_recorded(store: Store, group: FeatureGroup, batch: str | None) -> bool:
    """Return whether a load of this group with this batch id was recorded."""
    if batch is None or not table_exists(store.spark, store.layout.loaded_until):
        return False
    records = read_table(store.spark, store.layout.loaded_until)
    return not records.where((F.col("feature_group") == group.full_name) & (F.col("batch") == batch)).isEmpty()


def loaded_until(
    store: Store, groups: Iterable[FeatureGroup], versions: Mapping[str, int] | None = None
) -> dict[str, datetime | None]:
    """Return, for each group by its full name, the moment up to which all that was known has been loaded; None if nobody knows.

    The store's records of loads are read once for all groups, and not at all if they haven't changed since the last call. To be
    sure that a snapshot holds what the moments promise, give its table versions.

    Args:
        store: The store.
        groups: The feature groups.
        versions: Table versions by full name. Only loads that were recorded up to these versions count; None: all loads.
    """
    names = [group.full_name for group in groups]
    if not names or not table_exists(store.spark, store.layout.loaded_until):
        return dict.fromkeys(names)
    table, newest = table_identity(store.spark, store.layout.loaded_until)
    if versions is not None:
        is_held = F.lit(False)
        for name, version in versions.items():
            is_held |= (F.col("feature_group") == name) & (F.col("table_version") <= version)
        found = _moments(read_table(store.spark, store.layout.loaded_until, newest).where(is_held))
        return {name: found.get(name) for name in names}
    if _LAST_READ.get(table, (-1, {}))[0] != newest:
        _LAST_READ[table] = newest, _moments(read_table(store.spark, store.layout.loaded_until, newest))
    return {name: _LAST_READ[table][1].get(name) for name in names}


def _moments(records: DataFrame) -> Mapping[str, datetime]:
    """Return the moment of each group. One Spark job reads the records; the driver gets a row for each gap and each source."""
    by_group: dict[str, list[Row]] = defaultdict(list)
    for row in _stretches(records).collect():
        by_group[row["feature_group"]].append(row)
    return {name: moment_of(_reached(rows)) for name, rows in by_group.items()}


def _stretches(records: DataFrame) -> DataFrame:
    """Join loads that follow each other without a gap, and looks between which no new source came: return one row for each.

    Once a group is loaded by days or looks, a batch of single rows, such as a correction, proves nothing about the time before
    its newest row. So it does not count.
    """
    group = Window.partitionBy("feature_group")
    managed_since = F.min(F.when(F.col("kind").isin("days", "look"), F.col("recorded_at"))).over(group)
    is_correction = (F.col("kind") == "rows") & F.coalesce(F.col("recorded_at") > managed_since, F.lit(False))
    counted = records.withColumn("_is_correction", is_correction).where("NOT _is_correction")
    in_order = Window.partitionBy("feature_group", "source").orderBy(F.col("loaded_from").asc_nulls_first(), "loaded_until")
    before = in_order.rowsBetween(Window.unboundedPreceding, -1)
    reach = F.col("loaded_until") + F.when(F.col("kind") == "rows", F.lit(_AFTER_ROWS)).otherwise(F.lit(timedelta(0)))
    is_after_gap = F.coalesce(F.col("loaded_from") > F.max("_reach").over(before), F.lit(False))
    first_look = F.row_number().over(Window.partitionBy("feature_group", "source").orderBy("recorded_at")) == 1
    marked = counted.withColumn("_reach", reach).withColumns(
        {"_is_after_gap": is_after_gap.cast("int"), "_is_new_source": (F.col("source").isNotNull() & first_look).cast("int")}
    )
    sources_so_far = F.sum("_is_new_source").over(group.orderBy("recorded_at"))
    part = F.when(F.col("source").isNull(), F.sum("_is_after_gap").over(in_order)).otherwise(sources_so_far)
    return (
        marked.withColumn("part", part)
        .groupBy("feature_group", "source", "part")
        .agg(
            F.unix_micros(F.max("loaded_until")).alias("until"),
            F.unix_micros(F.min("recorded_at")).alias("recorded_at"),
        )
    )


def _reached(stretches: Sequence[Row]) -> int:
    """Return how far a group is loaded, in microseconds since 1970."""
    by_look = [row for row in stretches if row["source"] is not None]
    others = [row for row in stretches if row["source"] is None]
    return max([*([_reached_by_looks(by_look)] if by_look else []), *([_reached_by_days(others)] if others else [])])


def _reached_by_days(stretches: Sequence[Row]) -> int:
    """Return where the stretch ends that was recorded first: there the history of the group begins.

    Later records can only make this stretch longer, so the moment never moves back.
    """
    first: int = min(stretches, key=lambda row: (row["recorded_at"], row["part"]))["until"]
    return first


def _reached_by_looks(looks: Sequence[Row]) -> int:
    """Return the look up to which every live source of the group was looked at.

    A source that comes later holds the moment where it is until it has caught up. It does not move the moment back.
    """
    reached: list[int] = []
    newest: dict[str, int] = {}
    for sources in sorted({row["part"] for row in looks}):
        for row in (row for row in looks if row["part"] == sources):
            newest[row["source"]] = max(row["until"], newest.get(row["source"], row["until"]))
        reached.append(min(newest.values()))
    return max(reached)
