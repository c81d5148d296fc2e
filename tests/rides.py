"""A world of rides: riders whom the group declares, and drivers whom only a view shows to be people; what is left of a person."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T
from tests.rows_as_text import rows_as_text

from tidegate import FeatureChoice, FeatureGroup, FeatureStore, FeatureView, Field, at_most

TEXT, NUMBER = T.StringType(), T.LongType()
MONTH = timedelta(days=30)
FIRST, LATER, LAST = (datetime(2024, 1, day, tzinfo=UTC) for day in (1, 2, 20))


def field(name: str, kind: T.DataType = TEXT) -> Field:
    return Field(name, kind, name)


DRIVERS = FeatureGroup(
    "drivers", 1, ("driver_id",), (field("driver_id", NUMBER), field("stars", NUMBER)), "drivers", subject="driver_id"
)
# The driver is a person, too; only the view below shows it.
RIDES = FeatureGroup(
    "rides", 1, ("ride_id",),
    (field("ride_id"), field("rider_id"), field("driver_id", NUMBER), field("late", NUMBER)),
    "rides", subject="rider_id", expectations=(at_most("late", 1440),),
)  # fmt: skip
RIDES_VIEW = FeatureView("late", 1, RIDES, RIDES, ("late",), (FeatureChoice(DRIVERS, ("stars",), MONTH),))
DRIVER, OTHER = 7_700_000_000_007, 7_700_000_000_001


def frame(spark: SparkSession, group: FeatureGroup, rows: list[tuple[object, ...]], at: datetime) -> DataFrame:
    return spark.createDataFrame([(*row, at, None) for row in rows], group.schema)


def tables(spark: SparkSession, store: FeatureStore) -> dict[str, list[str]]:
    """Every Delta table under the root with its rows as text."""
    logs = Path(store.layout.root).rglob("_delta_log")
    return rows_as_text(spark, store.layout.root, [log.parent.relative_to(store.layout.root).as_posix() for log in logs])


def holds(text: str, person: str) -> bool:
    return person in text.replace('\\"', '"')


def files_with(root: Path, people: tuple[str, ...]) -> Iterator[str]:
    """Files of tables in which a person stands, columns of Parquet files decoded, anything else as text."""
    for file in root.rglob("*"):
        if file.suffix == ".parquet":
            text = json.dumps(pq.ParquetFile(file).read().to_pylist(), default=str)
        elif file.suffix == ".json":
            text = file.read_text()
        else:
            continue
        if any(holds(text, person) for person in people):
            yield file.relative_to(root).as_posix()
