"""Consumption and prices in Denmark by local hour, of which clocks show one twice in autumn and skip one in spring."""

from pyspark.sql import types as T

from tidegate import Csv, Expectation, FeatureGroup, Field, Source, not_null

ZONE = "Europe/Copenhagen"
AREA = Field("area", T.StringType(), "price area DK1 or DK2; DK is both together")
LOCAL_HOUR = Field("hour_local", T.TimestampType(), "start of the hour; the file has local time")
CONSUMPTION = Field("gross_consumption_mwh", T.DoubleType(), "consumption in the hour", "MWh")
PRICE = Field("spot_dkk_per_kwh", T.DoubleType(), "spot price of the hour", "DKK per kWh")

# The repeated hour in autumn has the sum of both hours, and the skipped hour in spring was filled in. Both are flagged in the
# files, and an expectation quarantines them.
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
    folder="consumption",
    event_time="hour_utc",
    required=("area",),
    expectations=(
        Expectation("an hour of its own", "dst_flag IS NULL", description="two hours in one, or one that never was"),
        not_null("gross_consumption_mwh"),
    ),
)

# Prices have two rows with the same local time for the repeated hour in autumn. The file does not say which of the two hours each
# row belongs to, so both are quarantined.
PRICE_FILES = Source(
    name="danish_prices",
    fields=(AREA, LOCAL_HOUR, PRICE),
    format=Csv(),
    folder="prices",
    zone=ZONE,
    event_time="hour_local",
    required=("area", "hour_local"),
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
