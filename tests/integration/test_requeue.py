"""Rows of a quarantine that are let in are those that were received, to the last digit and in their own zone."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import Csv, FeatureGroup, FeatureStore, Field, Loading, Parquet, Source, Wide, at_least

pytestmark = pytest.mark.slow

FIELDS = (Field("k", T.StringType(), "key"), Field("v", T.DoubleType(), "value"), Field("at", T.TimestampType(), "when"))
GROUP = FeatureGroup("values", 1, ("k",), FIELDS[:2], "values")


def to_group(rows: DataFrame) -> DataFrame:
    return rows.select("k", "v", F.col("at").alias("event_time"), F.lit(None).cast("timestamp").alias("available_at"))


def micros(wall: str) -> int:
    return round(datetime.fromisoformat(wall).replace(tzinfo=UTC).timestamp() * 10**6)


def test_rows_of_parquet_keep_their_microseconds_and_their_zone(spark: SparkSession, tmp_path: Path) -> None:
    store, folder = FeatureStore(spark, str(tmp_path / "store")), tmp_path / "feed"
    folder.mkdir()
    walls = ["2020-06-01T12:00:00.123456", "2020-03-29T02:30:00.000001", "2020-06-01T12:00:00"]
    times = pa.array([micros(wall) for wall in walls], pa.int64()).cast(pa.timestamp("us"))
    pq.write_table(pa.table({"k": ["a", "b", "c"], "v": [-1.0, 1.0, 1.0], "at": times}), folder / "a.parquet")
    source = Source("feed", FIELDS, Parquet(), zone="Europe/Copenhagen", expectations=(at_least("v", 0),), may_hold_back=1.0)
    loading = Loading(source, GROUP, str(folder), to_group)
    loaded = store.load(loading)
    assert (loaded.accepted, loaded.quarantined) == (1, 2)
    assert store.requeue(loading).released == 0
    result = store.requeue(replace(loading, source=replace(source, expectations=())))
    # That the clocks never showed a time is not mended by asking less of the values.
    assert (result.released, result.written.inserted) == (1, 1)
    row = store.read(GROUP).where("k = 'a'").select("v", F.unix_micros("event_time").alias("at")).first()
    assert tuple(row) == (-1.0, micros("2020-06-01T10:00:00.123456"))
    assert store.quarantined(source).first()["reasons"] == ["at: a time that clocks in Europe/Copenhagen never showed"]


def test_a_declared_missing_value_is_no_cell_of_a_wide_table(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "feed").mkdir()
    (tmp_path / "feed" / "a.csv").write_text("when,x,y,z\n2020-01-01T00:00:00Z,1.5,n/a,none\n")
    wide = Wide(fixed=("at",), header=("k",), value="v")
    source = Source("feed", FIELDS, Csv(nulls=("n/a",), wide=wide))
    result = FeatureStore(spark, str(tmp_path / "store")).load(Loading(source, GROUP, str(tmp_path / "feed"), to_group))
    assert (result.rows, result.accepted, result.quarantined) == (2, 1, 1)
