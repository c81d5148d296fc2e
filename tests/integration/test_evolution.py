"""Evolving the tables of feature groups, and filling a new version, on real Delta tables."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import Csv, FeatureGroup, FeatureStep, FeatureStore, Field, LoadRequest, OlderVersion, Period, Source
from tidegate.errors import (
    ContradictingRowsError,
    DefinitionDiffersError,
    MissingDayError,
    MissingGroupError,
    NewVersionNeededError,
    NoOlderVersionError,
)
from tidegate.feature_groups.writing import write
from tidegate.feature_groups.writing.admit import AdmittedRows
from tidegate.pipelines.backfill import Backfill, backfill_from_inputs, backfill_from_older
from tidegate.tables.create import STATISTICS_PROPERTY
from tidegate.tables.evolve import evolve_table
from tidegate.tables.read import current_version, table_state

PATIENT = Field("patient", T.StringType(), "patient id")
NARROW = (T.FloatType(), T.IntegerType(), T.DecimalType(6, 2), T.DateType(), T.ShortType())
WIDE = (T.DoubleType(), T.LongType(), T.DecimalType(9, 3), T.TimestampNTZType(), T.DoubleType())
NAMES = ("pulse", "visits", "price", "day", "seats")
NOTE = Field("note", T.StringType(), "what the nurse saw")


def columns(kinds: tuple[T.DataType, ...]) -> tuple[Field, ...]:
    return tuple(Field(name, kind, name) for name, kind in zip(NAMES, kinds, strict=True))


BEFORE = FeatureGroup(
    "visits", 1, ("patient",), (PATIENT, *columns(NARROW), NOTE), "visits", subject="patient", personal=("note",)
)
AFTER = replace(
    BEFORE,
    fields=(
        PATIENT,
        Field("diagnosis", T.StringType(), "diagnosis"),
        *columns(WIDE),
        Field("height", T.IntegerType(), "height", "cm"),
        NOTE,
    ),
    personal=("note", "diagnosis"),
)
OLD_VALUES = (60.5, 7, Decimal("1.25"), date(2024, 1, 1), 3)
READ_AS = (60.5, 7, Decimal("1.250"), datetime(2024, 1, 1), 3.0)  # noqa: DTZ001
NEW_VALUES = (0.1, 1 << 40, Decimal("123456.125"), datetime(2024, 1, 1, 7, 30), 0.5)  # noqa: DTZ001


def at(hour: int) -> datetime:
    return datetime(2024, 1, 1, hour, tzinfo=UTC)


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> FeatureStore:
    return FeatureStore(spark, str(tmp_path / "root"))


def statistics_in_log(path: Path) -> list[dict[str, dict[str, object]]]:
    lines = [line for file in sorted((path / "_delta_log").glob("*.json")) for line in file.read_text().splitlines()]
    return [json.loads(action["add"]["stats"]) for action in map(json.loads, lines) if "add" in action]


@pytest.mark.slow
def test_a_table_evolves_by_the_word_alone_and_keeps_what_it_held(
    spark: SparkSession, store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = store.layout.feature_group("visits_v1")
    first = [("p1", *OLD_VALUES, "pale", at(1), at(1)), ("p2", *OLD_VALUES, "well", at(1), at(1))]
    store.write(BEFORE, spark.createDataFrame(first, BEFORE.schema))
    made = current_version(spark, path)

    again = [("p1", None, *READ_AS, None, "pale", at(1), at(1)), ("p2", None, *READ_AS, None, "well", at(1), at(1))]
    later = [("p1", "flu", *NEW_VALUES, 180, "red", at(1), at(2)), ("p3", "cold", *NEW_VALUES, 170, "red", at(1), at(1))]
    with pytest.raises(DefinitionDiffersError, match="added column diagnosis string .personal.; added column height int"):
        store.write(AFTER, spark.createDataFrame(later, AFTER.schema))
    without_subject = replace(AFTER, subject=None, personal=())
    with pytest.raises(NewVersionNeededError, match="subject was patient, is now none"):
        store.write(without_subject, spark.createDataFrame(later, AFTER.schema))
    # The map still knows whom the table holds: an erasure would find them.
    assert [table.subject_columns for table in store.tables()] == [("patient",)]
    assert current_version(spark, path) == made

    evolution = store.catalog.evolve(AFTER)
    assert len(evolution.added) == 2
    assert len(evolution.widened) == 5
    # Properties that allow it, all columns at once, statistics.
    assert current_version(spark, path) == made + 3
    state = table_state(spark, path)
    assert state.schema.simpleString() == AFTER.stored_schema.simpleString()
    counted = "`pulse`,`visits`,`price`,`day`,`seats`,`height`,`event_time`,`available_at`"
    assert state.properties[STATISTICS_PROPERTY] == counted
    assert_df_equality(store.read(AFTER), spark.createDataFrame(again, AFTER.schema), ignore_row_order=True)
    assert store.read(BEFORE, made).schema.simpleString() == BEFORE.schema.simpleString()
    assert store.read(BEFORE, made).where("pulse > 60 AND visits = 7").count() == 2

    assert store.catalog.evolve(AFTER).action == "nothing"
    assert store.write(AFTER, spark.createDataFrame(again, AFTER.schema)).unchanged == 2
    assert current_version(spark, path) == made + 3
    with pytest.raises(ContradictingRowsError, match="1 row.s. differ from the stored row .*or declare `sequence`"):
        store.write(AFTER, spark.createDataFrame([("p2", "flu", *READ_AS, 1, "well", at(1), at(1))], AFTER.schema))
    written = store.write(AFTER, spark.createDataFrame(later, AFTER.schema))
    assert (written.inserted, written.updated) == (1, 1)
    assert_df_equality(store.read(AFTER), spark.createDataFrame([*later, again[1]], AFTER.schema), ignore_row_order=True)
    # Statistics written before still skip the right files.
    assert [row.patient for row in store.read(AFTER).where("visits > 3000000000").orderBy("patient").collect()] == ["p1", "p3"]
    named = {name for stats in statistics_in_log(Path(path)) for part in ("minValues", "maxValues") for name in stats[part]}
    assert named == {"pulse", "visits", "price", "day", "seats", "height", "event_time", "available_at"}

    with pytest.raises(NewVersionNeededError, match=r"column diagnosis is not in the definition.* column pulse is double"):
        store.write(BEFORE, spark.createDataFrame(first, BEFORE.schema))

    # Once more, while a batch is under way, and killed before its last commit: a column wider again, one more column.
    counts = [replace(field, type=T.DecimalType(20, 0)) if field.name == "visits" else field for field in AFTER.fields]
    further = replace(AFTER, fields=(*counts, Field("weight", T.FloatType(), "weight", "kg")))
    admit = write.admit

    def evolved_in_between(*given: object) -> AdmittedRows | None:
        evolve_table(spark, path, further.stored_schema, {})
        return admit(*given)

    monkeypatch.setattr(write, "admit", evolved_in_between)
    with pytest.raises(NewVersionNeededError, match="column weight is not in the definition"):
        store.write(AFTER, spark.createDataFrame(later, AFTER.schema))
    assert store.catalog.evolve(further).upkeep == ("columns with statistics recorded",)
    assert "`height`,`weight`," in table_state(spark, path).properties[STATISTICS_PROPERTY]
    found = store.read(further).select("patient", "visits", "weight").orderBy("patient").collect()
    assert [tuple(row) for row in found] == [("p1", 1 << 40, None), ("p2", 7, None), ("p3", 1 << 40, None)]


WARD = Field("ward", T.StringType(), "ward")
BEDS = FeatureGroup("beds", 1, ("ward",), (WARD, Field("free", T.IntegerType(), "free beds")), "beds")
SHARES = replace(BEDS, version=2, fields=(WARD, Field("share_free", T.DoubleType(), "share of free beds", since=2)))
SOURCE = Source(
    "counts",
    (WARD, Field("free", T.IntegerType(), "free"), Field("at", T.TimestampType(), "when")),
    Csv(),
    by_day=True,
    event_time="at",
    available_at="at",
)
DAYS = Period(date(2024, 1, 1), date(2024, 1, 2), "UTC")


def build_shares(counts: DataFrame) -> DataFrame:
    return as_shares(counts.withColumns({"event_time": F.col("at"), "available_at": F.col("at")}).drop("at", "_origin"))


def as_shares(beds: DataFrame) -> DataFrame:
    return beds.withColumn("share_free", F.col("free") / 10).drop("free")


def deliver(landing: Path, day: int) -> None:
    folder = landing / "counts" / f"day=2024-01-{day:02}"
    folder.mkdir(parents=True)
    lines = [f"{ward},{day},2024-01-{day:02}T08:00:00Z" for ward in ("a", "b")]
    (folder / "part.csv").write_text("\n".join(["ward,free,at", *lines]) + "\n")


@pytest.mark.slow
def test_a_new_version_is_backfilled_in_parts_while_both_are_fed(
    spark: SparkSession, store: FeatureStore, tmp_path: Path
) -> None:
    landing = tmp_path / "landing"
    for day in (1, 2):
        deliver(landing, day)
    steps = (FeatureStep(BEDS, (SOURCE,)), FeatureStep(SHARES, (SOURCE,), build_shares))
    last_day = Period(DAYS.last_day, DAYS.last_day, "UTC")
    store.run(*steps, request=LoadRequest(str(landing), days=last_day))
    assert (store.read(BEDS).count(), store.read(SHARES).count()) == (2, 2)

    def backfill(days: Period) -> list[bool]:
        request = Backfill(steps[1], days, days_per_batch=1)
        result = backfill_from_inputs(store.handle, "care", request, str(landing))
        return [written.already_applied for _, written in result.parts]

    with pytest.raises(MissingDayError, match="2024-01-03"):
        backfill(replace(DAYS, last_day=date(2024, 1, 3)))
    # The first part stays, and what is loaded is not loaded again.
    assert store.read(SHARES).count() == 4
    assert backfill(DAYS) == [True, True]
    shares = sorted((row.ward, row.share_free) for row in store.read(SHARES).collect())
    assert shares == [(ward, day / 10) for ward in ("a", "b") for day in (1, 2)]
    assert (store.read(BEDS).count(), store.read(BEDS).columns) == (2, ["ward", "free", "event_time", "available_at"])
    known = [(row.group_version, row.feature) for row in store.catalog.find("share").collect()]
    assert known == [(2, "share_free")]
    runs = [(row.job, row.result) for row in store.audit.runs().where("job = 'backfill'").orderBy("at").collect()]
    assert runs == [("backfill", end) for end in ("started", "failed", "started", "succeeded")]


@pytest.mark.slow
def test_an_older_version_fills_a_newer_one_with_all_that_was_known(spark: SparkSession, store: FeatureStore) -> None:
    older, newer = replace(BEDS, history="all"), replace(SHARES, history="all")
    step = FeatureStep(newer, (SOURCE,), build_shares, older=OlderVersion(older, as_shares))
    with pytest.raises(MissingGroupError, match="beds_v1 has no table"):
        backfill_from_older(store.handle, "care", Backfill(step, None))
    with pytest.raises(NoOlderVersionError, match="beds_v2: its step does not name an older version"):
        backfill_from_older(store.handle, "care", Backfill(replace(step, older=None), None))
    schema = "ward string, free int, event_time timestamp, available_at timestamp, _tombstone boolean"
    next_day = datetime(2024, 1, 2, tzinfo=UTC)
    rows = [
        ("a", 1, at(0), at(1), False),
        ("a", 2, at(0), at(3), False),
        ("b", 5, at(0), at(1), False),
        ("b", None, at(0), at(4), True),
        ("c", 9, next_day, next_day, False),
    ]
    store.write(older, spark.createDataFrame(rows, schema))
    backfill = Backfill(step, None, days_per_batch=1)
    result = backfill_from_older(store.handle, "care", backfill)
    assert [(part.first_day.day, written.read) for part, written in result.parts] == [(1, 4), (2, 1)]
    known = {hour: {row.ward: row.share_free for row in store.as_known(newer, at(hour)).collect()} for hour in (1, 3, 4)}
    assert known == {1: {"a": 0.1, "b": 0.5}, 3: {"a": 0.2, "b": 0.5}, 4: {"a": 0.2}}
    assert [row.share_free for row in store.read(newer).where("ward = 'c'").collect()] == [0.9]

    # A correction of the older version reaches the newer one where its part is looked at again.
    store.write(older, spark.createDataFrame([("c", 8, next_day, datetime(2024, 1, 3, tzinfo=UTC), False)], schema))
    only_second = replace(backfill, period=Period(next_day.date(), next_day.date(), "UTC"))
    assert backfill_from_older(store.handle, "care", only_second).parts[0][1].already_applied
    looked_again = backfill_from_older(store.handle, "care", replace(only_second, again=True)).parts[0][1]
    assert (looked_again.updated, looked_again.unchanged) == (1, 1)
    assert store.read(older).count() == store.read(newer).count() == 2
