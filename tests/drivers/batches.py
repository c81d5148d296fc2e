"""A sequence of batches into two feature groups: what crash tests let a driver write, kill it in, and write again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import Batch, FeatureGroup, FeatureStore, Field, FullState

START = datetime(2024, 1, 1, tzinfo=UTC)
FIELDS = (Field("station", T.StringType(), "station"), Field("pm25", T.IntegerType(), "fine dust"))
LATEST = FeatureGroup("latest", 1, ("station",), FIELDS, "latest observations", expected_rows=2_000_000)
ALL = FeatureGroup("all", 1, ("station",), FIELDS, "all observations", history="all")
GROUPS = (LATEST, ALL)
SCHEMA = "station string, pm25 int, event_time timestamp, available_at timestamp, _tombstone boolean"
STATIONS = 40


def batches() -> Iterator[tuple[list[tuple[object, ...]], Batch]]:
    """Three batches of new rows, corrections and deletions; then a full state that lacks some stations, and one more batch."""
    for number in range(3):
        known = START + timedelta(days=number)
        new = [(f"s{place}", 100 * number + place, known, known, False) for place in range(STATIONS)]
        corrected = [(f"s{place}", -place, known - timedelta(days=1), known, False) for place in range(0, STATIONS, 3)]
        gone = [(f"s{place}", None, known - timedelta(days=1), known, True) for place in range(1, STATIONS, 7) if place % 3]
        yield new + (corrected + gone if number else []), Batch(f"day-{number}")
    moment = START + timedelta(days=3)
    held = [(f"s{place}", 200 + place, START + timedelta(days=2), None, False) for place in range(STATIONS // 2)]
    yield held, Batch(contents=FullState(moment))
    later = moment + timedelta(days=1)
    yield [(f"s{place}", 7, later, later, False) for place in range(STATIONS)], Batch("last")


def write_batch(store: FeatureStore, spark: SparkSession, number: int) -> None:
    """Write one batch of the sequence into both groups."""
    rows, batch = list(batches())[number]
    for group in GROUPS:
        store.write(group, spark.createDataFrame(rows, SCHEMA), batch)


def hashes(store: FeatureStore) -> list[str | None]:
    """What both groups hold."""
    return [store.content_hash(group) for group in GROUPS]
