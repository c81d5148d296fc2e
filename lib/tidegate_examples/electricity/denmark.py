"""Consumption and prices in Denmark, keyed by local hours: an hour that the clocks showed twice, and one that they skipped."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import Csv, Expectation, FeatureGroup, Field, Source, not_null

ZONE = "Europe/Copenhagen"
AREA = Field("area", T.StringType(), "price area DK1 or DK2; DK is both together")
LOCAL_HOUR = Field("hour_local", T.TimestampType(), "start of the hour; the file has local time")
CONSUMPTION = Field("gross_consumption_mwh", T.DoubleType(), "consumption in the hour", "MWh")
PRICE = Field("spot_dkk_per_kwh", T.DoubleType(), "spot price of the hour", "DKK per kWh")

# The hour in autumn holds the sum of two, the one in spring was filled in: both are flagged, and held back.
CONSUMPTION_FILES = Source(
    name="danish_consumption",
    fields=(
        AREA,
        Field("hour_local", T.StringType(), "start of the hour, local time; hour_utc says it as well"),
        CONSUMPTION,
        Field("dst_flag", T.StringType(), "what the change of the clocks did to the value"),
        Field("hour_utc", T.TimestampType(), "start of the hour, UTC; missing where clocks never showed it"),
    ),
    format=Csv(),
    required=("area",),
    expectations=(
        Expectation("an hour of its own", "dst_flag IS NULL", description="two hours in one, or one that never was"),
        not_null("gross_consumption_mwh"),
    ),
)

# Prices have the double hour twice, with one value: which of the two is which is not told, so both are held back.
PRICE_FILES = Source(
    name="danish_prices", fields=(AREA, LOCAL_HOUR, PRICE), format=Csv(), zone=ZONE, required=("area", "hour_local")
)

DEMAND = FeatureGroup(
    name="electricity_demand",
    version=1,
    entity_key=("area",),
    fields=(AREA, CONSUMPTION),
    description="Hourly consumption; event_time is the start of the hour",
)
PRICES = FeatureGroup(
    name="electricity_prices",
    version=1,
    entity_key=("area",),
    fields=(AREA, PRICE),
    description="Hourly spot prices; event_time is the start of the hour",
)


def demand(rows: DataFrame) -> DataFrame:
    """Turn rows of CONSUMPTION_FILES into rows of DEMAND."""
    return rows.select("area", "gross_consumption_mwh", F.col("hour_utc").alias("event_time"), *_carried())


def prices(rows: DataFrame) -> DataFrame:
    """Turn rows of PRICE_FILES into rows of PRICES."""
    return rows.select("area", "spot_dkk_per_kwh", F.col("hour_local").alias("event_time"), *_carried())


def _carried() -> list[Column | str]:
    return [F.lit(None).cast("timestamp").alias("available_at"), "_origin"]
