"""A store whose root has every awkward character in its path, with times from one end of the calendar to the other."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureChoice, FeatureGroup, FeatureStore, FeatureView, Field, RowChoice
from tidegate.moments import FIRST, LAST, micros_of, moment_of
from tidegate.monitoring.feature_history import group_histories
from tidegate.monitoring.statistics_page import statistics_page
from tidegate.point_in_time.planner import STRATEGIES
from tidegate.subjects.keyed_hash import SECRET_VARIABLE
from tidegate.tables.find import find_tables

pytestmark = pytest.mark.slow

NAME = "Grüße 100% #1: a+b %41 & 'c' [d] {e}"
# The ends; days that the old calendar did not have; where nanoseconds of 64 bits end; the sign's change; and now.
TIMES = sorted(
    near
    for moment in (
        *(FIRST, LAST, datetime(1582, 10, 4, tzinfo=UTC), datetime(1582, 10, 15, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)),
        *(
            datetime(1677, 9, 21, tzinfo=UTC),
            datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
            datetime(2262, 4, 12, tzinfo=UTC),
        ),
    )
    for near in range(micros_of(moment) - 1, micros_of(moment) + 2)
    if micros_of(FIRST) <= near <= micros_of(LAST)
)
DELAY = timedelta(hours=1)
PERSON = Field("person", T.StringType(), "a person")
VALUES = (
    Field("value", T.LongType(), "number of the row"),
    Field("seen", T.TimestampType(), "a moment"),
    Field("day", T.DateType(), "a day"),
)
LATEST = FeatureGroup("latest", 1, ("person",), (PERSON, *VALUES), "readings", subject="person", delay=DELAY)
ALL = FeatureGroup("every", 1, ("person",), (PERSON, *VALUES), "readings", subject="person", delay=DELAY, history="all")
OUTSIDE = FeatureGroup("outside", 1, ("person",), (PERSON, *VALUES), "readings", subject="person")
LABELS = FeatureGroup("labels", 1, ("person",), (PERSON, Field("target", T.IntegerType(), "1 or 0")), "labels", subject="person")
SHORT, LONG = timedelta(days=10), timedelta(days=3_600_000)


def known_at(time: int) -> int:
    return min(time + DELAY // timedelta(microseconds=1), micros_of(LAST))


# Each row is known at its own.
LABEL_TIMES = sorted({*TIMES, *map(known_at, TIMES)})


# Of both groups what a short and a long look-back find.
CHOSEN = {f"{group.name}_{span.days}": (group, span) for group in (LATEST, ALL) for span in (SHORT, LONG)}
VIEW = FeatureView(
    "edges", 1, LABELS, LABELS, ("target",),
    tuple(FeatureChoice(group, ("value",), span, rename={"value": name}, may_lack=1.0) for name, (group, span) in CHOSEN.items()),
)  # fmt: skip
EXPLAINED = FeatureView("explained", 1, LABELS, LABELS, ("target",), (FeatureChoice(ALL, ("value",), LONG),))


def readings(spark: SparkSession, times: Sequence[int], more: int = 0, known_after: timedelta | None = None) -> DataFrame:
    """A row a time, in microseconds: what goes through Python's moments could be wrong before it is written."""
    rows = spark.createDataFrame(
        [("p1", number + more, time) for number, time in enumerate(times)], "person string, value long, m long"
    )
    moment = F.timestamp_micros("m")
    known = F.lit(None) if known_after is None else F.timestamp_micros(F.col("m") + known_after // timedelta(microseconds=1))
    return rows.select(
        "person", "value", moment.alias("seen"), moment.cast("date").alias("day"), moment.alias("event_time"),
        known.cast("timestamp").alias("available_at"),
    )  # fmt: skip


def wanted(label: int, lookback: timedelta) -> int | None:
    """The number of the newest row that is known at a label time and not too old."""
    oldest = label - lookback // timedelta(microseconds=1)
    found = [number for number, time in enumerate(TIMES) if known_at(time) <= label and time > oldest]
    return max(found, default=None)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd") / NAME


@pytest.fixture(scope="module")
def store(spark_of_process: SparkSession, root: Path) -> FeatureStore:
    spark = spark_of_process
    store = FeatureStore(spark, str(root))
    for group in (LATEST, ALL):
        assert store.write(group, readings(spark, TIMES)).inserted == len(TIMES)
        # Bounds that are off by a microsecond would not find these rows, and insert them again.
        again = store.write(group, readings(spark, TIMES))
        assert (again.inserted, again.updated) == (0, 0)
    labels = readings(spark, LABEL_TIMES).select(
        "person", F.lit(1).alias("target"), "event_time", F.col("event_time").alias("available_at")
    )
    assert store.write(LABELS, labels).inserted == len(LABEL_TIMES)
    return store


def by_micros(rows: DataFrame) -> list[Row]:
    named = [F.unix_micros(name).alias(name) for name in ("event_time", "available_at", "seen")]
    return rows.select("value", "day", *named).orderBy("event_time").collect()


def test_every_time_is_stored_and_read_as_it_was_given(store: FeatureStore) -> None:
    for group in (LATEST, ALL):
        found = by_micros(store.read(group))
        assert [row.event_time for row in found] == [row.seen for row in found] == TIMES
        assert [row.day for row in found] == [moment_of(time).date() for time in TIMES]
        assert [row.available_at for row in found] == list(map(known_at, TIMES))
    for moment in (FIRST, *map(moment_of, TIMES[3:-3:4]), LAST):
        known = by_micros(store.as_known(ALL, moment))
        assert [row.event_time for row in known] == [time for time in TIMES if known_at(time) <= micros_of(moment)], moment


def chosen_values(rows: DataFrame) -> dict[int, dict[str, int | None]]:
    found = rows.select(F.unix_micros("event_time").alias("t"), *CHOSEN).collect()
    return {row.t: {name: row[name] for name in CHOSEN} for row in found}


def wanted_values(times: Sequence[int]) -> dict[int, dict[str, int | None]]:
    return {time: {name: wanted(time, span) for name, (_, span) in CHOSEN.items()} for time in times}


def test_every_strategy_joins_what_was_known_at_each_time(store: FeatureStore) -> None:
    labels = store.read(LABELS).select("person", "event_time")
    for strategy in STRATEGIES:
        assert chosen_values(store.attach_features(VIEW, labels, strategy=strategy)) == wanted_values(LABEL_TIMES), strategy


def test_a_training_dataset_of_the_whole_calendar_has_every_label(store: FeatureStore) -> None:
    assert chosen_values(store.training_dataset(VIEW, FIRST, LAST).frame) == wanted_values(LABEL_TIMES[:-1])
    assert store.training_dataset(VIEW, FIRST, LAST).reused


def test_explain_finds_the_row_that_the_join_chose(store: FeatureStore) -> None:
    for time in (LABEL_TIMES[0], LABEL_TIMES[9], LABEL_TIMES[-1]):
        explained = store.explain(EXPLAINED, {"person": "p1"}, moment_of(time)).where("verdict = 'chosen'")
        chosen = explained.select(F.get_json_object("features", "$.value").cast("int").alias("value")).collect()
        assert [row.value for row in chosen] == [value for value in [wanted(time, LONG)] if value is not None]


def test_statistics_have_the_ends_as_texts(store: FeatureStore, spark: SparkSession) -> None:
    (row,) = store.catalog.statistics(ALL).where("feature = 'event_time' AND table_version = 1").collect()
    assert (row.minimum_text, row.maximum_text) == ("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999")
    page = statistics_page(group_histories(store.handle, store.catalog.statistics(ALL)), LAST)
    assert "0001-01-01 00:00:00" in page
    assert "9999-12-31 23:59:59" in page


def test_times_outside_the_calendar_are_held_back_by_name(store: FeatureStore, spark: SparkSession) -> None:
    outside, ordinary = [micros_of(FIRST) - 1, micros_of(LAST) + 1], [0, 1, 2]
    written = store.write(OUTSIDE, readings(spark, [*outside, *ordinary]))
    assert (written.quarantined, written.inserted) == (2, 3)
    held = store.quarantined(OUTSIDE).select(F.explode("reasons").alias("reason")).distinct().collect()
    assert {row.reason for row in held} == {"event_time lies in the years 1 to 9999", "available_at lies in the years 1 to 9999"}


def test_rows_at_the_ends_are_corrected_deleted_and_forgotten(
    store: FeatureStore, spark: SparkSession, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = [TIMES[0], TIMES[-3]]
    corrected = readings(spark, ends, more=500, known_after=timedelta(microseconds=1)).withColumn(
        "available_at", F.greatest("available_at", F.expr("TIMESTAMP'9999-12-31 23:59:59.999999Z'"))
    )
    assert store.write(LATEST, corrected).updated == len(ends)
    assert [row.value for row in by_micros(store.read(LATEST)) if row.event_time in ends] == [500, 501]
    first, last = RowChoice(end=moment_of(TIMES[0] + 1)), RowChoice(start=LAST)
    assert [store.delete(LATEST, choice, purge=True).rows for choice in (first, last)] == [1, 1]
    assert store.delete(ALL, first, known_at=LAST).rows == 1
    assert store.delete(ALL, last, purge=True, dry_run=True).rows == 1
    assert len(by_micros(store.read(LATEST))) == len(TIMES) - 2

    held = {store.layout.relative(table.path) if table.path.startswith("/") else table.path for table in store.tables()}
    assert held <= set(find_tables(spark, store.layout.root))
    monkeypatch.setenv(SECRET_VARIABLE, "0123456789abcdef0123456789abcdef")
    receipt = store.forget(spark.createDataFrame([("p1",)], "subject string"), "case-1")
    assert receipt.erased
    assert store.read(ALL).count() == store.read(LATEST).count() == 0
    assert [each.name for each in root.parent.iterdir()] == [NAME], "nothing lies under another spelling of the root's name"
