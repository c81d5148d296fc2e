"""Readings of which some may not go into their group, and how they are written and held back."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from pyspark.sql import Row, SparkSession
from pyspark.sql import types as T

from tidegate.expectations import Expectation, at_least
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.write import write_group
from tidegate.quarantine.table import Quarantine
from tidegate.schema import Field
from tidegate.tables.store import Store

READINGS = FeatureGroup(
    name="readings",
    version=1,
    entity_key=("station", "height"),
    fields=(
        Field("station", T.StringType(), "station"),
        Field("height", T.DoubleType(), "height above ground", "metres"),
        Field("pm25", T.DoubleType(), "fine particles", "µg/m3"),
        Field("price", T.DecimalType(38, 10), "price"),
        Field("tags", T.MapType(T.StringType(), T.ArrayType(T.TimestampType())), "tags"),
    ),
    description="readings",
    may_hold_back=1.0,
    expectations=(
        at_least("pm25", 0),
        Expectation("not from the cellar", "height >= 0", "drop"),
        Expectation("not from the moon", "station <> 'moon'", "fail"),
        Expectation("low", "pm25 < 500", "warn"),
    ),
)
NAN = float("nan")


def at(hour: int, micros: int = 0) -> datetime:
    return datetime(2024, 1, 1, hour, 0, 0, micros, tzinfo=UTC)


def store_of(spark: SparkSession, tmp_path: Path) -> Store:
    return Store.open(spark, str(tmp_path))


def write(store: Store, *rows: tuple, batch: Batch = Batch(), group: FeatureGroup = READINGS) -> WriteResult:
    return write_group(store, group, store.spark.createDataFrame(list(rows), READINGS.schema), batch)


def row(station: str | None, height: float | None, pm25: float | None, hour: int | None = 1) -> tuple:
    tags = {"a": [at(3, 123456), None]}
    moment = None if hour is None else at(hour, 654321)
    return station, height, pm25, Decimal("12345678901234567890123456.0000000001"), tags, moment, at(2)


def held(store: Store) -> list[Row]:
    return Quarantine(store, "readings_v1", False).rows().orderBy("row").collect()


BAD = [row(None, 1.0, 1.0), row("a", NAN, 1.0), row("b", float("inf"), 1.0), row("c", 1.0, 1.0, None), row("d", 1.0, -1.0)]
