"""The landing step: write the files that a feed would have delivered for a period, as CSV with one folder for each day."""

from collections.abc import Callable
from datetime import date

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from tidegate import Field, Period, Source, list_folder, struct_type
from tidegate_examples.flight_delays import flights
from tidegate_examples.flight_delays.sources import MOVEMENTS, PLANES, SCHEDULES, WEATHER

DAILY: tuple[tuple[Source, Callable[[date, date], pd.DataFrame]], ...] = (
    (SCHEDULES, flights.schedules),
    (MOVEMENTS, flights.movements),
    (WEATHER, flights.weather),
)
DAY = Field("day", T.DateType(), "New York calendar day of the folder")
ROWS_A_FILE_GROUP = 50_000


def land(spark: SparkSession, landing: str, period: Period) -> None:
    """Write the landing files of the period that do not exist yet. Days that exist are not changed.

    Days without rows in the data get no folder, as if the feed had delivered nothing.

    Args:
        spark: The session.
        landing: URI of this system's landing zone.
        period: The New York calendar days to deliver.
    """
    for source, rows_between in DAILY:
        present = set(list_folder(spark, _folder(source, landing)).days)
        missing = [day for day in period.days() if day not in present]
        if missing:
            rows = rows_between(missing[0], missing[-1])
            _write_days(spark, source, landing, rows[rows["day"].isin(missing)])
    if not list_folder(spark, _folder(PLANES, landing)).files:
        frame = to_frame(spark, flights.planes(), PLANES.fields)
        frame.coalesce(1).write.mode("overwrite").csv(_folder(PLANES, landing), header=True)


def _write_days(spark: SparkSession, source: Source, landing: str, rows: pd.DataFrame) -> None:
    if rows.empty:
        return
    parts = max(1, len(rows) // ROWS_A_FILE_GROUP)
    frame = to_frame(spark, rows, (*source.fields, DAY))
    # Both ways write one file per day. A single part needs no shuffle, which would take most of the time for a single day.
    by_day = frame.coalesce(1) if parts == 1 else frame.repartition(parts, "day")
    writer = (
        by_day.sortWithinPartitions("day").write.mode("overwrite").partitionBy("day").option("partitionOverwriteMode", "dynamic")
    )
    writer.csv(_folder(source, landing), header=True)


def _folder(source: Source, landing: str) -> str:
    return f"{landing.rstrip('/')}/{source.name}"


def to_frame(spark: SparkSession, rows: pd.DataFrame, fields: tuple[Field, ...]) -> DataFrame:
    """Convert a pandas frame to a Spark frame with the declared types, through Arrow. NaN becomes NULL."""
    schema = struct_type(fields)
    arrow_schema = to_arrow_schema(schema, timezone="UTC")
    # safe=False, because pandas has nanoseconds (all zero here), and stores integers as floats if one of them is missing.
    table = pa.Table.from_pandas(rows[schema.names], schema=arrow_schema, preserve_index=False, safe=False)
    return spark.createDataFrame(table, schema)
