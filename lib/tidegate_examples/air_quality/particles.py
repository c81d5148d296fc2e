"""Hourly fine particles in Poland, as the Chief Inspectorate published them.

There is one wide file for each year, in which the stations have the codes of that year.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import Csv, Expectation, FeatureGroup, Field, Source, Wide, at_least

STATION = Field("station_code", T.StringType(), "code of the station, as of 2015")
MEASURED_AT = Field("measured_at", T.TimestampType(), "end of the averaged hour, UTC")
PM25 = Field("pm25", T.DoubleType(), "fine particles (PM2.5), mean of the hour", "µg/m3")

# Each header line gives one property of the columns. The files end with blank lines, write the month before the day, and use
# Polish winter time all year.
PM25_FILES = Source(
    name="polish_pm25",
    fields=(
        MEASURED_AT,
        Field("published_code", T.StringType(), "code of the station in the year of the file"),
        Field("pollutant", T.StringType(), "what is measured"),
        Field("averaged_over", T.StringType(), "length of the mean"),
        PM25,
    ),
    format=Csv(wide=Wide(fixed=("measured_at",), header=("published_code", "pollutant", "averaged_over"), value="pm25")),
    zone="Etc/GMT-1",
    patterns={"measured_at": "M/d/yyyy H:mm"},
    required=("measured_at", "published_code"),
    expectations=(
        Expectation("hourly PM2.5", "pollutant = 'PM2.5' AND averaged_over = '1g'", "fail"),
        at_least("pm25", 0),
    ),
)

STATIONS = Source(
    name="polish_stations",
    fields=(
        STATION,
        Field("international_code", T.StringType(), "code in the European exchange"),
        Field("station_name", T.StringType(), "name"),
        Field("old_station_codes", T.StringType(), "earlier codes, separated by commas"),
        Field("opened", T.DateType(), "first day"),
        Field("closed", T.DateType(), "last day"),
        *(Field(name, T.StringType(), name.replace("_", " ")) for name in ("status", "station_type", "area_type")),
        *(Field(name, T.StringType(), name) for name in ("voivodeship", "city")),
        Field("lat", T.DoubleType(), "latitude", "degrees"),
        Field("lon", T.DoubleType(), "longitude", "degrees"),
        Field("weather_station_code", T.StringType(), "nearest weather station"),
        Field("weather_match", T.StringType(), "how near it is"),
    ),
    format=Csv(),
    required=("station_code",),
)

PARTICLES = FeatureGroup(
    name="particles",
    version=1,
    entity_key=("station_code",),
    fields=(STATION, PM25, Field("published_code", T.StringType(), "code of the station when it was published")),
    description="Fine particles at stations; event_time is the end of the averaged hour",
    expected_rows=2_000_000,
)


def station_codes(stations: DataFrame) -> DataFrame:
    """Map every code that a station ever had (`published_code`) to its code as of 2015 (`station_code`)."""
    old = F.transform(F.split(F.coalesce("old_station_codes", F.lit("")), ","), lambda code: F.trim(code))
    codes = stations.select("station_code", F.explode(F.array_union(old, F.array("station_code"))).alias("published_code"))
    return codes.where("published_code <> ''").distinct()


def particles(rows: DataFrame, codes: DataFrame) -> DataFrame:
    """Turn rows of PM25_FILES into rows of PARTICLES. A station that is not in `codes` keeps its published code.

    Args:
        rows: The rows of PM25_FILES.
        codes: The codes of the stations, as `station_codes` returns them.
    """
    known = rows.join(F.broadcast(codes), on="published_code", how="left")
    code = F.coalesce("station_code", "published_code").alias("station_code")
    unknown = F.lit(None).cast("timestamp").alias("available_at")
    return known.select(code, "pm25", "published_code", F.col("measured_at").alias("event_time"), unknown, "_origin")
