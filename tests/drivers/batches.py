"""A sequence of batches into a feature group: what crash tests let a driver write, kill it in, and write again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import Batch, FeatureGroup, FeatureStore, Field, FullState

START = datetime(2024, 1, 1, tzinfo=UTC)
FIELDS = (Field("station", T.StringType(), "station"), Field("pm25", T.IntegerType(), "fine dust"))
GROUP = FeatureGroup("dust", 1, ("station",), FIELDS, "dust", history="all")
SCHEMA = "station string, pm25 int, event_time timestamp, available_at timestamp, _tombstone boolean"
STATIONS = 40


def batches() -> Iterator[tuple[list[tuple[object, ...]], Batch]]:
    """Two batches of new rows, corrections and deletions; then a full state that lacks some stations."""
    for number in range(2):
        known = START + timedelta(days=number)
        new = [(f"s{place}", 100 * number + place, known, known, False) for place in range(STATIONS)]
        corrected = [(f"s{place}", -place, known - timedelta(days=1), known, False) for place in range(0, STATIONS, 3)]
        gone = [(f"s{place}", None, known - timedelta(days=1), known, True) for place in range(1, STATIONS, 7) if place % 3]
        yield new + (corrected + gone if number else []), Batch(f"day-{number}")
    moment = START + timedelta(days=3)
    held = [(f"s{place}", 200 + place, START + timedelta(days=2), None, False) for place in range(STATIONS // 2)]
    yield held, Batch(contents=FullState(moment))


def write_batch(store: FeatureStore, spark: SparkSession, number: int) -> None:
    """Write one batch of the sequence."""
    rows, batch = list(batches())[number]
    store.write(GROUP, spark.createDataFrame(rows, SCHEMA), batch)
