"""Entities get the columns that the view joins on from the spine, as it was known at the prediction time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import types as T
from tests.writing import write_rows

from tidegate import FeatureChoice, FeatureGroup, FeatureStore, FeatureView, Field
from tidegate.datasets.view_rows import current_snapshot
from tidegate.inference.entity_rows import entity_rows


def field(name: str) -> Field:
    return Field(name, T.StringType(), name)


RIDES = FeatureGroup(
    "rides", 1, ("ride",), (field("ride"), field("driver"), field("city"), field("late")), "rides", history="all"
)
DRIVERS = FeatureGroup("drivers", 1, ("driver",), (field("driver"), field("stars")), "drivers")
VIEW = FeatureView("rides", 1, RIDES, RIDES, ("late",), (FeatureChoice(DRIVERS, ("stars",), timedelta(days=9)),))
NOON = datetime(2024, 1, 2, 12, tzinfo=UTC)


def test_entity_rows_looks_up_what_the_view_joins_on_and_says_whom_the_spine_does_not_know(
    spark: SparkSession, tmp_path: Path
) -> None:
    store, hour = FeatureStore(spark, tmp_path), timedelta(hours=1)
    rows = [
        ("r1", "ann", "Rome", "no", NOON - 3 * hour, NOON - 3 * hour),
        # Known only after noon: at noon it was ann's ride.
        ("r1", "bob", "Rome", "no", NOON - 3 * hour, NOON + hour),
        ("r2", "cas", "Oslo", "no", NOON - 2 * hour, NOON - 2 * hour),
        # After the prediction time.
        ("r3", "dan", "Bern", "no", NOON + hour, NOON - hour),
    ]
    write_rows(store, RIDES, spark.createDataFrame(rows, RIDES.schema))
    write_rows(store, DRIVERS, spark.createDataFrame([("ann", "5", NOON - hour, NOON - hour)], DRIVERS.schema))
    snapshot = current_snapshot(store.handle, (RIDES, DRIVERS), ())
    keys = spark.createDataFrame([("r1",), ("r2",), ("r2",), ("r3",), ("r9",)], "ride string")
    found = entity_rows(snapshot, VIEW, keys, NOON, ("ride", "driver", "city")).orderBy("ride").collect()
    unknown = "rides_v1 has no row of this entity"
    assert [(row["ride"], row["driver"], row["city"], row["_missed"]) for row in found] == [
        ("r1", "ann", "Rome", None),
        ("r2", "cas", "Oslo", None),
        ("r3", None, None, unknown),
        ("r9", None, None, unknown),
    ]
    assert {row["event_time"].astimezone(UTC) for row in found} == {NOON}
