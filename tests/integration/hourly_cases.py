"""Steps over hourly measurements: Danish electricity and Polish air."""

import gzip
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.integration.step_cases import DAY, HOUR, Case, group_of

from tidegate import Csv, FeatureStep, Field, Parquet, Source, reads
from tidegate_examples.electricity.denmark import CONSUMPTION_FILES, DEMAND


def seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def days_of(hours: DataFrame, key: str, measure: str) -> DataFrame:
    """One row for each day of UTC: the number of rows and the mean of a measure. It is known with the last of its rows."""
    day = F.date_trunc("day", "event_time").alias("event_time")
    measures = F.count("*").alias("rows"), F.avg(measure).alias("mean"), F.max("available_at").alias("available_at")
    return hours.groupBy(key, day).agg(*measures).select(key, "rows", "mean", "event_time", "available_at")


DAY_FIELDS = (Field("rows", T.LongType(), "rows of the day"), Field("mean", T.DoubleType(), "mean of the day"))


def danish(spark: SparkSession, data: Path, scratch: Path) -> Case:
    """Two years of hourly consumption and weather, in files of months."""
    area = Field("area", T.StringType(), "area")
    weather = Source(
        "danish_weather",
        (
            area,
            Field("observed_utc", T.TimestampType(), "hour"),
            *(Field(n, T.DoubleType(), n) for n in ("temp_c", "rh_pct", "wind_ms")),
        ),
        Csv(),
        key=("area",),
        event_time="observed_utc",
    )
    cold = group_of("cold_hours", (area,), *(Field(n, T.DoubleType(), n) for n in ("more_than_yesterday", "temperature_3h")))

    def compared(demand: DataFrame, weather: DataFrame) -> DataFrame:
        at = F.unix_seconds("event_time")
        lately = Window.partitionBy("area").orderBy(at).rangeBetween(-seconds(3 * HOUR), 0)
        warm = weather.select("area", "event_time", F.avg("temp_c").over(lately).alias("temperature_3h"))
        was = demand.select(
            "area", (F.col("event_time") + F.lit(DAY)).alias("event_time"), F.col("gross_consumption_mwh").alias("was")
        )
        joined = demand.join(was, ["area", "event_time"], "left").join(warm, ["area", "event_time"], "left")
        more = F.col("gross_consumption_mwh") - F.col("was")
        return joined.select("area", more.alias("more_than_yesterday"), "temperature_3h", "event_time")

    days = group_of("cold_days", (area,), *DAY_FIELDS)
    folder = data / "electricity" / "denmark"
    lines = {
        "consumption": gzip.decompress((folder / "load_hourly.csv.gz").read_bytes()).decode().splitlines(),
        "danish_weather": gzip.decompress((folder / "weather_hourly.csv.gz").read_bytes()).decode().splitlines(),
    }
    months = sorted({line.split(",")[1][:7] for line in lines["consumption"][1:]})
    parts = [
        {
            f"{name}/{month}.csv": "\n".join(
                [text[0], *(line for line in text[1:] if line.split(",")[1][:7] == month), ""]
            ).encode()
            for name, text in lines.items()
        }
        for month in months
    ]
    demand = spark.read.csv(str(folder / "load_hourly.csv.gz"), header=True).where("dst_flag IS NULL AND hour_utc IS NOT NULL")
    observed = spark.read.csv(str(folder / "weather_hourly.csv.gz"), header=True)
    return Case(
        (
            FeatureStep(DEMAND, (CONSUMPTION_FILES,)),
            FeatureStep(cold, (reads(DEMAND, before=DAY), reads(weather, before=3 * HOUR)), compared),
            FeatureStep(days, (reads(cold, after=DAY),), lambda hours: days_of(hours, "area", "more_than_yesterday")),
        ),
        parts,
        {
            DEMAND.name: with_times(demand, "hour_utc", "area", gross_consumption_mwh="double"),
            weather.name: with_times(observed, "observed_utc", "area", temp_c="double"),
        },
    )


def with_times(rows: DataFrame, time: str, *keys: str, **measures: str) -> DataFrame:
    at = F.col(time).cast("timestamp")
    return rows.select(
        *keys, *(F.col(n).cast(kind) for n, kind in measures.items()), at.alias("event_time"), at.alias("available_at")
    )


def polish(spark: SparkSession, data: Path, scratch: Path) -> Case:
    """Half a year of fine particles at 44 stations, and the weather of every day, in files of months."""
    folder = data / "air_quality" / "poland"
    station = Field("station_code", T.StringType(), "station")
    particles = Source(
        "polish_particles",
        (station, Field("hour_start_utc", T.TimestampType(), "hour"), Field("pm25", T.FloatType(), "particles")),
        Parquet(),
        key=("station_code",),
        event_time="hour_start_utc",
    )
    rain = Source(
        "polish_rain",
        (station, Field("day", T.TimestampType(), "day"), Field("precip_mm", T.FloatType(), "rain")),
        Parquet(),
        key=("station_code",),
        event_time="day",
    )
    stations = pd.read_csv(folder / "stations.csv", dtype=str).dropna(subset=["weather_station_code"])
    names = zip(stations["station_code"], stations["weather_station_code"], strict=True)
    weather_of = F.create_map(*[F.lit(each) for pair in names for each in pair])
    rainy = group_of("rainy_hours", (station,), *(Field(n, T.DoubleType(), n) for n in ("above_mean", "rain")))

    def compared(hours: DataFrame, rain: DataFrame) -> DataFrame:
        before = Window.partitionBy("station_code").orderBy(F.unix_seconds("event_time")).rangeBetween(-seconds(DAY), -1)
        above = F.col("pm25") - F.avg("pm25").over(before)
        keyed = hours.withColumns(
            {"above_mean": above, "weather": weather_of[F.col("station_code")], "day": F.date_trunc("day", "event_time")}
        )
        fallen = rain.select(F.col("station_code").alias("weather"), F.col("event_time").alias("day"), F.col("precip_mm"))
        joined = keyed.join(fallen, ["weather", "day"], "left")
        return joined.select("station_code", "above_mean", F.col("precip_mm").cast("double").alias("rain"), "event_time")

    days = group_of("rainy_days", (station,), *DAY_FIELDS)
    hourly = pd.read_parquet(folder / "pm_hourly_2014.parquet", columns=["station_code", "hour_start_utc", "pm25"])
    hourly = hourly[hourly["hour_start_utc"] < pd.Timestamp("2014-07-01", tz="UTC")]
    daily = pd.read_parquet(folder / "weather_daily_2013_2015.parquet", columns=["station_code", "date", "precip_mm"])
    daily["day"] = pd.to_datetime(daily["date"]).dt.tz_localize("UTC").astype("datetime64[us, UTC]")
    daily = daily[daily["day"].between("2013-12-31", "2014-06-30")][["station_code", "day", "precip_mm"]]
    tables = {"polish_particles": (hourly, "hour_start_utc"), "polish_rain": (daily, "day")}

    def plain(table: pd.DataFrame) -> DataFrame:
        file = scratch / f"{table.columns[1]}.parquet"
        file.write_bytes(as_parquet(table))
        return spark.read.parquet(str(file))

    months = pd.period_range("2013-12", "2014-06", freq="M")
    parts = []
    for month in months:
        of_month = {name: table[table[time].dt.strftime("%Y-%m") == str(month)] for name, (table, time) in tables.items()}
        parts.append({f"{name}/{month}.parquet": as_parquet(rows) for name, rows in of_month.items() if len(rows)})
    return Case(
        (
            FeatureStep(rainy, (reads(particles, before=DAY), reads(rain, before=DAY)), compared),
            FeatureStep(days, (reads(rainy, after=DAY),), lambda hours: days_of(hours, "station_code", "above_mean")),
        ),
        parts,
        {
            name: with_times(plain(table), time, "station_code", **{table.columns[2]: "float"})
            for name, (table, time) in tables.items()
        },
    )


def as_parquet(rows: pd.DataFrame) -> bytes:
    content = BytesIO()
    rows.to_parquet(content, index=False)
    return content.getvalue()
