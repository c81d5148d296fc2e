"""Explain aggregates for one key and moment: list every row of the key, and say whether each aggregate counts it or why not.

The verdicts follow the definition, with Spark's windows over the rows of the key. The native code is not involved, except for
the ends of calendar days.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE
from tidegate.moments import FIRST, LAST, micros_of, moment_column, moment_of
from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.native.bounds import days_before
from tidegate.point_in_time.aggregates.row_flags import RowFlag, require_boolean
from tidegate.point_in_time.aggregates.windows import CalendarDays, LastRows
from tidegate.point_in_time.explain import CORRECTED, NOT_YET_KNOWN, WITHDRAWN
from tidegate.schema import quoted

FEATURE = "_feature"
COUNTED, MOVED, OUTSIDE, NOT_MET = "counted", "moved to another time", "outside the window", "condition not met"
_MICROSECOND = timedelta(microseconds=1)


def explained_aggregates(
    rows: AggregateRows, key: Mapping[str, Column], moment: datetime, hidden: frozenset[str], anchor: datetime | None = None
) -> DataFrame:
    """Return every row of a key for each aggregate: name, event_time, available_at, age in seconds, verdict, columns as JSON.

    Args:
        rows: The group and its aggregates.
        key: A value for each column of the aggregates' key.
        moment: The label time.
        hidden: Columns that are left out of the JSON, because their values are personal.
        anchor: The time that the windows are placed at. None: the label time.

    Raises:
        DefinitionError: Spark can't evaluate a condition.
    """
    require_boolean(rows.frame, rows.conditions.values(), f"aggregates of {rows.name}")
    seen = _in_force(rows, _of_key(rows, key), moment).where(F.col("_matches") | F.col(TOMBSTONE))
    age = (F.unix_micros(moment_column(moment)) - F.unix_micros(F.col(EVENT_TIME))) / 1_000_000
    names, aggregates = list(rows.features), list(rows.features.values())
    # All verdicts in one pass over the rows, which then become one row for each aggregate.
    judged = seen.withColumns(
        {_verdict_name(place): _verdict(rows, each, anchor or moment) for place, each in enumerate(aggregates)}
    )
    judged = judged.withColumns({f"_final_{place}": _final(rows, each, place) for place, each in enumerate(aggregates)})
    entries = [
        F.struct(F.lit(name).alias(FEATURE), F.col(f"_final_{place}").alias("verdict"), _shown(rows, each, hidden))
        for place, (name, each) in enumerate(zip(names, aggregates, strict=True))
    ]
    found = judged.select(EVENT_TIME, AVAILABLE_AT, age.alias("age_seconds"), F.explode(F.array(*entries)).alias("_entry"))
    return found.select(f"_entry.{FEATURE}", EVENT_TIME, AVAILABLE_AT, "age_seconds", "_entry.verdict", "_entry.features")


def _of_key(rows: AggregateRows, key: Mapping[str, Column]) -> DataFrame:
    """Return all observations of each event that has, or once had, this key. `_matches` says which of them have it."""
    matches = reduce(Column.__and__, [F.col(quoted(name)) == key[name] for name in rows.key])
    tombstone = F.coalesce(F.col(TOMBSTONE), F.lit(False)) if rows.has_tombstones else F.lit(False)
    marked = rows.frame.withColumns(
        {AVAILABLE_AT: rows.known_at, TOMBSTONE: tombstone, "_matches": F.coalesce(matches, F.lit(False))}
    ).where(F.col(EVENT_TIME).isNotNull() & F.col(AVAILABLE_AT).isNotNull())
    of_event = _of_same(marked, (*rows.entity_key, EVENT_TIME), "_same_event")
    if not rows.one_event_per:
        return of_event.where("_same_event")
    return _of_same(of_event, rows.one_event_per, "_moved_here").where("_same_event OR _moved_here")


def _of_same(marked: DataFrame, columns: Sequence[str], name: str) -> DataFrame:
    """Add a column that says whether a row with the key has the same values in these columns."""
    wanted = marked.where("_matches").select(*map(quoted, columns)).distinct().withColumn(name, F.lit(True))
    return marked.join(wanted, on=list(columns), how="left").withColumn(name, F.coalesce(name, F.lit(False)))


def _in_force(rows: AggregateRows, observations: DataFrame, moment: datetime) -> DataFrame:
    """Add `_known`, and `_replaced`, `_withdrawn` and `_moved`: what became of an observation by the moment."""
    at = moment_column(moment)
    known = F.col(AVAILABLE_AT) <= at if rows.boundary == "inclusive" else F.col(AVAILABLE_AT) < at
    sequence = [F.col(quoted(rows.sequence))] if rows.sequence else []
    order = F.struct(F.col(AVAILABLE_AT), *sequence)
    ordered = observations.withColumns({"_known": known, "_order": order})
    event = Window.partitionBy("_known", *map(quoted, rows.entity_key), EVENT_TIME)
    newest = F.max("_order").over(event)
    tombstones = F.col(TOMBSTONE) & (F.col("_order") == newest)
    seen = ordered.withColumns({"_replaced": F.col("_order") < newest, "_withdrawn": F.max(tombstones).over(event)})
    if not rows.one_event_per:
        return seen.withColumn("_moved", F.lit(False))
    # An observation stays replaced by a newer one at another place, even if that one is replaced or withdrawn later.
    places = Window.partitionBy("_known", TOMBSTONE, *map(quoted, rows.one_event_per))
    place = F.struct(F.col(AVAILABLE_AT), *sequence, F.col(EVENT_TIME), *[F.col(quoted(name)) for name in rows.entity_key])
    named = reduce(Column.__and__, [F.col(quoted(name)).isNotNull() for name in rows.one_event_per])
    return seen.withColumn("_moved", named & ~F.col(TOMBSTONE) & (place < F.max(place).over(places)))


def _verdict(rows: AggregateRows, aggregate: Aggregate, moment: datetime) -> Column:
    """Return what an aggregate makes of a row, whatever its other rows are."""
    conditions = [rows.conditions[text] for text in (rows.where, aggregate.where) if text is not None]
    met = RowFlag(tuple(conditions)).column() if conditions else F.lit(True)
    low, high = window_at(aggregate, moment)
    in_window = (F.col(EVENT_TIME) >= moment_column(low)) & (F.col(EVENT_TIME) < moment_column(high))
    return (
        F.when(~F.col("_known"), NOT_YET_KNOWN)
        .when(F.col(TOMBSTONE), WITHDRAWN)
        .when(F.col("_replaced"), F.when(F.col("_withdrawn"), WITHDRAWN).otherwise(CORRECTED))
        .when(F.col("_moved"), MOVED)
        .when(~met, NOT_MET)
        .when(~in_window, OUTSIDE)
        .otherwise(COUNTED)
    )


def _final(rows: AggregateRows, aggregate: Aggregate, place: int) -> Column:
    """Return the verdict of an aggregate with a window of rows considered, and then the columns that must not be NULL."""
    verdict = F.col(_verdict_name(place))
    counted = verdict == COUNTED
    final = verdict
    if isinstance(aggregate.window, LastRows):
        sequence = [rows.sequence] if rows.sequence else []
        newest_first = [F.col(quoted(name)).desc() for name in (EVENT_TIME, AVAILABLE_AT, *sequence, *rows.entity_key)]
        number = F.row_number().over(Window.partitionBy(verdict).orderBy(*newest_first))
        final = F.when(counted & (number > aggregate.window.rows), OUTSIDE).otherwise(final)
    for name in aggregate.columns_needed:
        final = F.when((final == COUNTED) & F.col(quoted(name)).isNull(), f"NULL in {name}").otherwise(final)
    return final


def _verdict_name(place: int) -> str:
    return f"_verdict_{place}"


def window_at(aggregate: Aggregate, moment: datetime) -> tuple[datetime, datetime]:
    """Return the first event_time in an aggregate's window at a label time, and the first one after the window."""
    if aggregate.ahead is not None:
        return _moved(moment, _MICROSECOND), _moved(moment, aggregate.ahead + _MICROSECOND)
    end = _moved(moment, -aggregate.offset)
    if isinstance(aggregate.window, CalendarDays):
        low, high = days_before(aggregate.window, micros_of(end))
        return moment_of(low), moment_of(high)
    start = _moved(end, _MICROSECOND - aggregate.window) if isinstance(aggregate.window, timedelta) else FIRST
    return start, _moved(end, _MICROSECOND)


def _moved(moment: datetime, span: timedelta) -> datetime:
    try:
        return moment + span
    except OverflowError:
        return LAST if span > timedelta(0) else FIRST


def _shown(rows: AggregateRows, aggregate: Aggregate, hidden: frozenset[str]) -> Column:
    """Return the columns that an aggregate reads as JSON."""
    names = [*aggregate.columns, *[name for text in aggregate.conditions for name in rows.conditions[text].columns]]
    names += rows.conditions[rows.where].columns if rows.where else ()
    shown = [F.col(quoted(name)) for name in dict.fromkeys(names) if name not in (*hidden, EVENT_TIME, AVAILABLE_AT)]
    return (F.to_json(F.struct(*shown), {"ignoreNullFields": "false"}) if shown else F.lit("{}")).alias("features")
