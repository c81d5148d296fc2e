"""Batches that are looked at beside another group and beside the batch before."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.writing import write_rows

from tidegate import BatchExpectation, FeatureGroup, FeatureStore, Field, JsonLines, Source, changed_at_most, refers_to
from tidegate.errors import DefinitionError, ExpectationFailedError
from tidegate.tables.read import current_version

STATION, SENSOR = Field("station", T.StringType(), "station"), Field("sensor", T.IntegerType(), "number of the sensor")
SENSORS = FeatureGroup("sensors", 1, ("station", "sensor"), (STATION, SENSOR), "sensors")
FIELDS = (STATION, SENSOR, Field("pulse", T.DoubleType(), "pulse"), Field("word", T.StringType(), "word"))
NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


def reports(*expectations: BatchExpectation) -> FeatureGroup:
    return FeatureGroup("reports", 1, ("station",), FIELDS, "reports", batch_expectations=expectations)


def rows(spark: SparkSession, of: FeatureGroup, values: list[tuple[object, ...]], hour: int = 12) -> DataFrame:
    frame = spark.createDataFrame(values, T.StructType([T.StructField(each.name, each.type) for each in of.fields]))
    moment = F.lit(NOON.replace(hour=hour))
    return frame.withColumns({"event_time": moment, "available_at": moment})


def report(spark: SparkSession, *values: tuple[object, ...], hour: int = 12) -> DataFrame:
    return rows(spark, reports(), list(values), hour)


def gone(frame: DataFrame, hour: int) -> DataFrame:
    return frame.withColumns({"_tombstone": F.lit(True), "available_at": F.lit(NOON.replace(hour=hour))})


@pytest.fixture
def store(spark: SparkSession, tmp_path: Path) -> FeatureStore:
    return FeatureStore(spark, str(tmp_path))


@pytest.mark.slow
def test_refers_to_counts_entities_that_the_other_group_does_not_have(spark: SparkSession, store: FeatureStore) -> None:
    group = reports(refers_to(("station", "sensor"), SENSORS))
    batch = report(spark, ("a", 1, 1.0, "x"), ("b", 2, 1.0, "x"), ("c", None, 1.0, "x"))
    with pytest.raises(ExpectationFailedError, match="feature group sensors_v1 was never written; load it first"):
        write_rows(store, group, batch)
    write_rows(store, SENSORS, rows(spark, SENSORS, [("a", 1), ("b", 1), ("d", 2)]))
    with pytest.raises(ExpectationFailedError, match="station, sensor exist in sensors_v1: 1 entities are not in feature group"):
        write_rows(store, group, batch)
    assert store.read(group).count() == 0
    write_rows(store, SENSORS, rows(spark, SENSORS, [("b", 2)]))
    assert write_rows(store, group, batch).inserted == 3
    # A sensor that no longer holds is not there; a report that no longer holds names nothing.
    write_rows(store, SENSORS, gone(rows(spark, SENSORS, [("a", 1)]), 13))
    again = report(spark, ("a", 1, 2.0, "x"))
    with pytest.raises(ExpectationFailedError, match="1 entities are not in feature group sensors_v1"):
        write_rows(store, group, again.withColumn("available_at", F.lit(NOON.replace(hour=14))))
    assert write_rows(store, group, gone(again, 15)).updated == 1
    typed = replace(group, fields=(STATION, replace(SENSOR, type=T.LongType()), *FIELDS[2:]), name="typed")
    with pytest.raises(ExpectationFailedError, match="the batch has string, bigint, sensors_v1 has string, int; give"):
        write_rows(store, typed, rows(spark, typed, [("a", 1, 2.0, "x")]))


@pytest.mark.slow
def test_changed_at_most_compares_with_the_batch_written_last(spark: SparkSession, store: FeatureStore) -> None:
    small_change = changed_at_most(0.1, "mean", "pulse")
    group = reports(changed_at_most(0.5), small_change, changed_at_most(0.4, "null_share", "word", action="warn"))
    first = report(spark, ("a", 1, 100.0, "x"), ("b", 1, 100.0, "x"))
    assert store.write(group, first).warnings == ()
    second = report(spark, ("a", 1, 105.0, "x"), ("b", 1, 115.0, None), ("c", 1, 110.0, "x"), hour=13)
    assert store.write(group, second).inserted == 3
    with pytest.raises(ExpectationFailedError) as refused:
        store.write(group, report(spark, ("a", 1, 50.0, "x"), hour=14))
    assert "change of number of rows: 1, after 3 in the batch before; expected a change of at most 50.0%" in str(refused.value)
    assert "change of mean of pulse: 50, after 110 in the batch before; expected a change of at most 10.0%" in str(refused.value)
    assert current_version(spark, store.layout.feature_group(group.full_name)) == 2
    without_words = [("a", 1, 110.0, None), ("b", 1, 110.0, None)]
    warned = store.write(group, report(spark, *without_words, hour=14))
    assert warned.inserted == 2
    said = ["change of share of NULL of word: 1, after 0.333333 in the batch before"]
    assert [text.split(";")[0] for text in warned.warnings] == said


def test_relations_are_refused_where_they_can_not_be_looked_up() -> None:
    with pytest.raises(DefinitionError, match=r"give one column for each column of the entity key, station, sensor"):
        refers_to(["station"], SENSORS)
    with pytest.raises(DefinitionError, match="changed_at_most"):
        changed_at_most(0.5, "mean")
    with pytest.raises(DefinitionError, match="changed_at_most"):
        changed_at_most(0)
    with pytest.raises(DefinitionError, match="word holds no numbers, so it has no mean"):
        reports(changed_at_most(0.5, "mean", "word"))
    with pytest.raises(DefinitionError, match="puls"):
        reports(changed_at_most(0.5, "mean", "puls"))
    with pytest.raises(DefinitionError, match="a change of pulse can't be expected: no statistics are kept of personal columns"):
        replace(reports(changed_at_most(0.5, "mean", "pulse")), subject="word", personal=("pulse",))
    with pytest.raises(DefinitionError, match="change of number of rows: an expectation that compares a batch with the store"):
        Source("reports", FIELDS, JsonLines(), batch_expectations=(changed_at_most(0.5),))
