"""The landing step: writes what a feed would have delivered for a period, as CSV files in one folder a day."""

from collections.abc import Callable
from datetime import date

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from tidegate import CsvSource, Field, Period, list_folder, struct_type
from tidegate_examples.flight_delays import flights
from tidegate_examples.flight_delays.sources import MOVEMENTS, PLANES, SCHEDULES, WEATHER

DAILY: tuple[tuple[CsvSource, Callable[[date, date], pd.DataFrame]], ...] = (
    (SCHEDULES, flights.schedules),
    (MOVEMENTS, flights.movements),
    (WEATHER, flights.weather),
)
DAY = Field("day", T.DateType(), "New York calendar day of the folder")
ROWS_A_FILE_GROUP = 50_000


def land(spark: SparkSession, landing: str, period: Period) -> None:
    """Write the period's landing files that are not there yet; days that are there stay as they are.

    Days for which the data has no rows get no folder, as with a feed that delivered nothing.

    Args:
        spark: The session.
        landing: URI of the landing zone of this system.
        period: New York calendar days to deliver.
    """
    for source, rows_between in DAILY:
        present = set(list_folder(spark, source.folder(landing)).days)
        missing = [day for day in period.days() if day not in present]
        if missing:
            rows = rows_between(missing[0], missing[-1])
            _write_days(spark, source, landing, rows[rows["day"].isin(missing)])
    if not list_folder(spark, PLANES.folder(landing)).files:
        frame = to_frame(spark, flights.planes(), PLANES.fields)
        frame.coalesce(1).write.mode("overwrite").csv(PLANES.folder(landing), header=True)


def _write_days(spark: SparkSession, source: CsvSource, landing: str, rows: pd.DataFrame) -> None:
    if rows.empty:
        return
    parts = max(1, len(rows) // ROWS_A_FILE_GROUP)
    frame = to_frame(spark, rows, (*source.fields, DAY))
    # One file a day either way; a single part needs no shuffle, which is most of the time that a day takes here.
    by_day = frame.coalesce(1) if parts == 1 else frame.repartition(parts, "day")
    writer = (
        by_day.sortWithinPartitions("day").write.mode("overwrite").partitionBy("day").option("partitionOverwriteMode", "dynamic")
    )
    writer.csv(source.folder(landing), header=True)


def to_frame(spark: SparkSession, rows: pd.DataFrame, fields: tuple[Field, ...]) -> DataFrame:
    """Hand a pandas frame to Spark by Arrow with the declared types; NaN becomes NULL."""
    schema = struct_type(fields)
    arrow_schema = to_arrow_schema(schema, timezone="UTC")
    # safe=False: pandas has nanoseconds (all zero here) and whole numbers as floats where one is missing.
    table = pa.Table.from_pandas(rows[schema.names], schema=arrow_schema, preserve_index=False, safe=False)
    return spark.createDataFrame(table, schema)
