"""The position of a step: in the commit of its rows, also if no row is different, and only after the position before it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.writing import write_rows

from tidegate import FeatureGroup, FeatureStep, FeatureStore, Field
from tidegate.errors import OvertakenStepError
from tidegate.feature_groups.steps.position import StepBatch, newest_position, next_position
from tidegate.feature_groups.writing.write import write_group
from tidegate.pipelines import run_step as step_runs
from tidegate.pipelines.run_records import RunRecords
from tidegate.pipelines.run_step import is_behind, run_step
from tidegate.tables.read import current_version, table_tokens

START = datetime(2024, 1, 1, tzinfo=UTC)
KEY, VALUE = Field("key", T.StringType(), "key"), Field("value", T.LongType(), "value")
READINGS = FeatureGroup("readings", 1, ("key",), (KEY, VALUE), "readings", history="all")
ROUNDED = FeatureGroup("rounded", 1, ("key",), (KEY, VALUE), "tens of readings", history="all")


def tens(readings: DataFrame) -> DataFrame:
    return readings.withColumn("value", F.col("value") - F.col("value") % 10)


@pytest.mark.slow
def test_a_run_that_was_overtaken_writes_nothing_and_an_equal_result_moves_the_position(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, step = FeatureStore(spark, str(tmp_path)), FeatureStep(ROUNDED, (READINGS,), tens)
    path = store.layout.feature_group(ROUNDED.full_name)

    def rows(value: int, known: int) -> DataFrame:
        return spark.createDataFrame([("a", value, START, START + timedelta(hours=known))], READINGS.schema)

    write_rows(store, READINGS, rows(41, 1))
    first = run_step(store.handle, step, RunRecords(store.handle))
    assert (first.written.inserted, first.written.updated) == (1, 0)
    assert first.summary == "computed all event times from 1 rows; 1 rows read, 1 inserted"
    before = newest_position(table_tokens(spark, path))
    # The reading is corrected, and its ten is the same.
    write_rows(store, READINGS, rows(42, 2))
    assert is_behind(store.handle, step)
    again = run_step(store.handle, step, RunRecords(store.handle))
    assert (again.written.read, again.written.inserted) == (0, 0)
    # Both observations of the reading are read.
    assert again.summary.startswith(
        "computed event times from 2024-01-01T00:00:00Z to 2024-01-01T00:00:00Z from 2 rows; 0 rows read"
    )
    assert not is_behind(store.handle, step)
    assert newest_position(table_tokens(spark, path)) > before

    # An observation of the same value is no change. Once there were many, the position moves on, because the log may lose them.
    write_rows(store, READINGS, rows(42, 4))
    moved = []
    for most in (1, 0):
        monkeypatch.setattr(step_runs, "_MOST_COMMITS", most)
        passed = newest_position(table_tokens(spark, path))
        assert run_step(store.handle, step, RunRecords(store.handle)).written is None
        moved.append(newest_position(table_tokens(spark, path)) != passed)
    assert moved == [False, True]

    # Another run began from the first position, too.
    late = StepBatch(next_position(before, {"readings_v1": ("another", 9)}).batch_id, group=ROUNDED.full_name, after=before)
    version = current_version(spark, path)
    with pytest.raises(OvertakenStepError, match="rounded_v1: another run computed it from newer inputs"):
        write_group(store.handle, ROUNDED, rows(90, 3), late)
    assert current_version(spark, path) == version
    assert [row.value for row in store.read(ROUNDED).collect()] == [40]
