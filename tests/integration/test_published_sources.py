"""Published files as they are, loaded by a source's declaration alone: every row of theirs is accepted, held back or left out."""

import gzip
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from tests.loading import load, step_of, with_source

from tidegate import FeatureStep, FeatureStore, reads
from tidegate.errors import MissingFilesError
from tidegate_examples.air_quality.particles import PARTICLES, PM25_FILES, STATIONS, particles, station_codes
from tidegate_examples.electricity.denmark import CONSUMPTION_FILES, DEMAND, PRICE_FILES, PRICES
from tidegate_examples.online_retail.purchases import INVOICE_LINES, PURCHASES, purchases

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def compiled(spark: SparkSession) -> None:
    """Hundreds of thousands of rows: here it pays to compile what the suite interprets."""
    spark.conf.set("spark.sql.codegen.wholeStage", "true")
    spark.conf.set("spark.sql.codegen.factoryMode", "FALLBACK")


def delivered(tmp_path: Path, *files: Path) -> str:
    folder = tmp_path / "delivered"
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy(file, folder)
    return str(folder)


def first_days(file: Path, days: int, folder: Path) -> Path:
    """Copy a Polish file without the hours after its first days: three lines of a header, a line an hour, blank ones."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = gzip.decompress(file.read_bytes()).decode().splitlines(keepends=True)
    hours = [line for line in lines[3:] if line.strip(",\r\n")]
    blank = lines[3 + len(hours) :]
    (folder / file.name).write_bytes(gzip.compress("".join([*lines[:3], *hours[: 24 * days], *blank]).encode()))
    return folder / file.name


@pytest.mark.parametrize(("days", "negative"), [(31, 3), pytest.param(366, 36, marks=pytest.mark.evidence)])
def test_polish_files_of_two_years_become_one_table_of_stations(
    spark: SparkSession, real_data: Path, tmp_path: Path, days: int, negative: int
) -> None:
    raw = real_data / "air_quality" / "poland" / "raw"
    files = [first_days(raw / name, days, tmp_path / "cut") for name in ("2014_PM2.5_1g.csv.gz", "2015_PM25_1g.csv.gz")]
    folder = delivered(tmp_path, *files)
    published = spark.read.csv(str(real_data / "air_quality" / "poland" / "stations.csv"), header=True)
    codes = station_codes(published.select(*[F.col(field.name).cast(field.type) for field in STATIONS.fields]))
    store = FeatureStore(spark, str(tmp_path / "store"))
    step = step_of(PM25_FILES, PARTICLES, folder, lambda rows: particles(rows, codes))
    missing = with_source(step, replace(step.source, expected=("2013_PM2.5_1g.csv.gz",)))
    with pytest.raises(MissingFilesError, match=r"2013_PM2.5_1g.csv.gz; available: 2014_PM2.5_1g.csv.gz, 2015_PM25_1g.csv.gz"):
        load(store, missing)
    result = load(store, step)
    assert result.rows == result.accepted + result.quarantined
    # 2014 and 2015 as their authors prepared them elsewhere, with the codes of 2015.
    expected = spark.read.parquet(
        *[str(real_data / "air_quality" / "poland" / f"pm_hourly_{year}.parquet") for year in (2014, 2015)]
    )
    local_day = F.dayofyear(F.col("hour_start_utc") + F.expr("INTERVAL 1 HOUR"))
    expected = expected.where((F.col("pm25") >= 0) & (local_day <= days)).select(
        "station_code", F.col("source_station_code").alias("published_code"), "pm25", "hour_start_utc"
    )
    stored = store.read(PARTICLES).select(
        "station_code",
        "published_code",
        F.col("pm25").cast("float"),
        (F.col("event_time") - F.expr("INTERVAL 1 HOUR")).alias("hour_start_utc"),
    )
    assert stored.count() == result.accepted == expected.count()
    assert stored.exceptAll(expected.select(*stored.columns)).isEmpty()
    held = store.quarantined(PM25_FILES)
    assert held.count() == result.quarantined == negative
    assert {tuple(row["reasons"]) for row in held.collect()} == {("pm25 >= 0",)}
    assert load(store, step).summary == "no new file"


def test_danish_hours_that_clocks_skipped_or_showed_twice_are_held_back(
    spark: SparkSession, real_data: Path, tmp_path: Path
) -> None:
    store = FeatureStore(spark, str(tmp_path / "store"))
    danish = real_data / "electricity" / "denmark"
    consumption = load(store, step_of(CONSUMPTION_FILES, DEMAND, delivered(tmp_path / "a", danish / "load_hourly.csv.gz")))
    assert (consumption.rows, consumption.accepted, consumption.quarantined) == (17_544, 17_540, 4)
    flagged = store.quarantined(CONSUMPTION_FILES).orderBy("line").collect()
    assert [row["row"].split(",")[1] for row in flagged] == [
        "2020-03-29 02:00:00",
        "2020-10-25 02:00:00",
        "2021-03-28 02:00:00",
        "2021-10-31 02:00:00",
    ]
    loaded = load(store, step_of(PRICE_FILES, PRICES, delivered(tmp_path / "b", danish / "spot_price_hourly.csv.gz")))
    # Four autumns with two rows each and four springs with one, in two areas.
    assert (loaded.rows, loaded.quarantined) == (70_136, 2 * 4 * 3)
    reasons = store.quarantined(PRICE_FILES).groupBy(F.col("reasons")[0].alias("reason")).agg(F.sum("occurrences").alias("rows"))
    assert {row["reason"]: row["rows"] for row in reasons.collect()} == {
        "hour_local: a time that clocks in Europe/Copenhagen showed twice": 16,
        "hour_local: a time that clocks in Europe/Copenhagen never showed": 8,
    }
    first = store.read(PRICES).where("area = 'DK1'").orderBy("event_time").first()
    assert (first["event_time"].replace(tzinfo=UTC), first["spot_dkk_per_kwh"]) == (
        datetime(2017, 12, 31, 23, tzinfo=UTC),
        0.16228,
    )


def test_invoice_lines_of_days_add_up(spark: SparkSession, real_data: Path, tmp_path: Path) -> None:
    days = sorted((real_data / "online_retail" / "by_day").glob("*.csv.gz"))
    store = FeatureStore(spark, str(tmp_path / "store"))
    source = replace(INVOICE_LINES, folder=delivered(tmp_path, *days[:10]))
    step = FeatureStep(PURCHASES, (reads(source),), purchases)
    (first,) = store.run(step).loaded
    delivered(tmp_path, *days[10:12])
    (second,) = store.run(step).loaded
    assert [len(first.files), len(second.files)] == [10, 2]
    lines = spark.read.csv([str(day) for day in days[:12]], header=True)
    assert first.rows + second.rows == lines.count()
    assert first.dropped + second.dropped == lines.where("CustomerID IS NULL").count() > 0
    assert first.quarantined + second.quarantined == 0
    once = lines.where("CustomerID IS NOT NULL").distinct()
    spent = once.agg(F.sum(F.col("Quantity").cast("int") * F.col("UnitPrice").cast("decimal(20,3)"))).first()[0]
    found = store.read(PURCHASES).agg(F.sum("spent").alias("spent"), F.sum("lines").alias("lines")).first()
    assert (found["spent"], found["lines"]) == (spent, once.count())
