"""Rows of a quarantine that are let in are those that were received, to the last digit and in their own zone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.loading import load, requeue, step_of, with_source

from tidegate import Csv, FeatureGroup, FeatureStep, FeatureStore, Field, Parquet, Source, Wide, at_least, reads
from tidegate.errors import SeveralRowsError

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
    loading = step_of(source, GROUP, str(folder), to_group)
    loaded = load(store, loading)
    assert (loaded.accepted, loaded.quarantined) == (1, 2)
    assert requeue(store, loading).released == 0
    result = requeue(store, with_source(loading, replace(source, expectations=())))
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
    result = load(FeatureStore(spark, str(tmp_path / "store")), step_of(source, GROUP, str(tmp_path / "feed"), to_group))
    assert (result.rows, result.accepted, result.quarantined) == (2, 1, 1)


TIMES = (*FIELDS, Field("published_at", T.TimestampType(), "when it was published"))
DELAYED = replace(GROUP, name="delayed", delay=timedelta(hours=2))
# The arrival of each file's batch; a load of history has none.
ARRIVALS = {"a": None, "b": datetime(2024, 3, 1, tzinfo=UTC), "c": datetime(2024, 4, 1, tzinfo=UTC)}
EVENTS = [datetime(2024, month, 10, tzinfo=UTC) for month in (2, 3, 5)]
PUBLISHED = [None, *(datetime(2024, month, 20, tzinfo=UTC) for month in (1, 6))]


def published(rows: DataFrame) -> DataFrame:
    return rows.select("k", "v", F.col("at").alias("event_time"), F.col("published_at").alias("available_at"))


@pytest.mark.parametrize("known_from", [pytest.param(None, marks=pytest.mark.evidence), datetime(2024, 3, 25, tzinfo=UTC)])
def test_a_released_row_is_known_from_when_its_batch_said(
    spark: SparkSession, tmp_path: Path, known_from: datetime | None
) -> None:
    store, folder = FeatureStore(spark, str(tmp_path / "store")), tmp_path / "feed"
    folder.mkdir()
    source = Source("feed", TIMES, Csv(), expectations=(at_least("v", 0),))
    loading, expected = step_of(source, DELAYED, str(folder), published), {}
    for file, arrived_at in ARRIVALS.items():
        lines = ["k,v,at,published_at"]
        for number, (event, own) in enumerate(product(EVENTS, PUBLISHED)):
            moments = f"{event.isoformat()},{own.isoformat() if own else ''}"
            # Each held row beside an accepted one, which is known by the same rule.
            lines += [f"{file}{number},-1.0,{moments}", f"{file}{number}_accepted,1.0,{moments}"]
            at_first = own or max(event + DELAYED.delay, arrived_at or event)
            expected[f"{file}{number}_accepted"] = at_first
            expected[f"{file}{number}"] = at_first if known_from is None else max(at_first, known_from)
        (folder / f"{file}.csv").write_text("\n".join(lines) + "\n")
        load(store, loading, arrived_at)
    result = requeue(store, with_source(loading, replace(source, expectations=())), known_from)
    assert (result.released, result.written.inserted) == (27, 27)
    found = store.read(DELAYED).select("k", F.unix_micros("available_at").alias("micros")).collect()
    assert {row["k"]: row["micros"] for row in found} == {key: round(at.timestamp() * 10**6) for key, at in expected.items()}
    assert store.quarantined(source).isEmpty()


def test_released_rows_are_summed_with_those_that_belong_to_them(spark: SparkSession, tmp_path: Path) -> None:
    store, folder = FeatureStore(spark, str(tmp_path / "store")), tmp_path / "feed"
    folder.mkdir()
    (folder / "a.csv").write_text("k,v,at\na,1.0,2024-01-01T00:00:00Z\na,-2.0,2024-01-01T00:00:00Z\nb,5.0,2024-01-02T00:00:00Z\n")
    source = Source("feed", FIELDS, Csv(), key=("k", "v"), event_time="at", folder=str(folder), expectations=(at_least("v", 0),))

    def summed(rows: DataFrame) -> DataFrame:
        return rows.groupBy("k", "event_time").agg(F.sum("v").alias("v"))

    alone = FeatureStep(GROUP, (source,), lambda rows: summed(rows.withColumnRenamed("at", "event_time")))
    with pytest.raises(
        SeveralRowsError, match=r"values_v1 combines several rows \(Aggregate\).*reads\(SOURCE.*Nothing was written"
    ):
        store.run(alone)
    assert not (tmp_path / "store" / "feature_groups" / "values_v1").exists()

    step = FeatureStep(replace(GROUP, history="all"), (reads(source),), summed)
    store.run(step)
    mended = replace(step, inputs=(reads(replace(source, expectations=())),))
    assert store.requeue(mended.sources[0], mended, dry_run=True).released == 1
    assert store.requeue(mended.sources[0], mended, known_from=datetime(2024, 2, 1, tzinfo=UTC)).released == 1
    assert store.run(mended).computed[0].written.updated == 1
    first, later = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 2, tzinfo=UTC)
    known = {day: sorted((row.k, row.v) for row in store.as_known(step.group, day).collect()) for day in (first, later)}
    assert known == {first: [("a", 1.0)], later: [("a", -1.0), ("b", 5.0)]}
