"""Values are the same whatever the zone of the machine and of the session, from the file to the training dataset."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.evidence.reporting import write_report
from tests.loading import load, step_of

from tidegate import Csv, FeatureChoice, FeatureGroup, FeatureStore, FeatureView, Field, Parquet, Source

pytestmark = pytest.mark.slow

ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
KEY = Field("key", T.StringType(), "key")
FEATURES = (
    Field("exact", T.DecimalType(38, 10), "as exact as Spark can"),
    Field("whole", T.LongType(), "whole number"),
    Field("number", T.DoubleType(), "number"),
    Field("day", T.DateType(), "day"),
    Field("moment", T.TimestampType(), "moment"),
)
GROUP = FeatureGroup("extremes", 1, ("key",), (KEY, *FEATURES), "extremes")
LABELS = FeatureGroup("labels", 1, ("key",), (KEY, Field("label", T.IntegerType(), "label")), "labels")
VIEW = FeatureView(
    "extremes", 1, LABELS, LABELS, ("label",), (FeatureChoice(GROUP, tuple(f.name for f in FEATURES), timedelta(days=30)),)
)
AT = Field("at", T.TimestampType(), "when")
EXTREMES = Source("extremes", (KEY, *FEATURES, AT), Csv(), zone="Australia/Lord_Howe")
BIG = "9" * 28 + "." + "9" * 10
LINES = [
    "key,exact,whole,number,day,moment,at",
    f"a,{BIG},9223372036854775807,1.7976931348623157E308,0001-01-01,1899-12-31T23:59:59.999999Z,2024-04-07T03:00:00",
    f"b,-{BIG},-9223372036854775808,-Infinity,9999-12-31,2024-04-06T15:00:00.000001Z,2024-04-07T01:15:00",
    "c,0.0000000001,0,NaN,2024-02-29,2024-10-05T15:30:00Z,2024-04-07T03:00:00.000001",
    "d,-0.0,-1,-0.0,1970-01-01,1970-01-01T00:00:00+14:00,2024-04-07T00:00:00",
]


def to_group(rows: DataFrame) -> DataFrame:
    return rows.select(
        "key", *[f.name for f in FEATURES], F.col("at").alias("event_time"), F.lit(None).cast("timestamp").alias("available_at")
    )


@pytest.fixture
def zone_of_process(spark: SparkSession) -> Iterator[None]:
    """Puts the zone of Python and of the JVM back."""
    yield
    set_zone(spark, "UTC")


def set_zone(spark: SparkSession, zone: str) -> None:
    os.environ["TZ"] = zone
    time.tzset()
    java = spark.sparkContext._jvm.java.util.TimeZone
    java.setDefault(java.getTimeZone(zone))


def as_text(rows: DataFrame, *names: str) -> list[tuple[str, ...]]:
    """Rows as text that shows every bit, and that no zone has a part in."""
    shown = {name: F.col(name).cast("string") for name in names}
    shown |= {name: F.unix_micros(name).cast("string") for name in names if name in ("moment", "at", "event_time")}
    return sorted(tuple(str(value) for value in row) for row in rows.select(*[shown[name] for name in names]).collect())


def loaded(spark: SparkSession, root: Path, folder: Path) -> tuple[Any, ...]:
    store = FeatureStore(spark, str(root))
    result = load(store, step_of(EXTREMES, GROUP, str(folder / "csv"), to_group))
    naive = Source("naive", (KEY, *FEATURES, AT), Parquet(), zone="America/New_York")
    parquet = load(store, step_of(naive, GROUP, str(folder / "parquet"), to_group))
    moments = spark.createDataFrame([(key, 1, 2024, 5) for key in "abcde"], "key string, label int, year int, month int")
    labels = moments.select("key", "label", F.timestamp_micros(F.lit(1_714_521_600_000_000)).alias("event_time"))
    store.write(LABELS, labels.withColumn("available_at", F.col("event_time")))
    dataset = store.training_dataset(VIEW, datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 5, 2, tzinfo=UTC))
    names = ["key", *[field.name for field in FEATURES]]
    return (
        (result.rows, result.quarantined, parquet.rows, parquet.quarantined),
        as_text(store.read(GROUP), *names, "event_time"),
        as_text(dataset.frame, *names, "event_time"),
        store.audit.content_hash(GROUP),
        dataset.manifest.content_hash,
    )


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "a.csv").write_text("\n".join(LINES) + "\n")
    (tmp_path / "parquet").mkdir()
    naive = pa.timestamp("us")
    columns = {
        "key": ["e"], "exact": pa.array([Decimal(BIG)], pa.decimal128(38, 10)), "whole": pa.array([2**63 - 1], pa.int64()),
        "number": pa.array([5e-324]), "day": pa.array([0], pa.date32()),
        "moment": pa.array([1_710_000_000_123_456], naive), "at": pa.array([1_713_000_000_000_001], naive),
    }  # fmt: skip
    pq.write_table(pa.table(columns), tmp_path / "parquet" / "a.parquet")
    return tmp_path


# One that is UTC nowhere, and the one that all others are compared with.
FEW = [("UTC", "UTC"), ("Australia/Lord_Howe", "America/New_York")]
ALL = [(process, session) for process in ZONES for session in ZONES]


@pytest.mark.evidence
def test_values_are_the_same_in_all_pairs_of_zones(
    spark: SparkSession, files: Path, tmp_path: Path, zone_of_process: None
) -> None:
    content = assert_same_values(spark, files, tmp_path, ALL)
    write_report(
        "zones",
        "Zones of the process and of the session",
        [
            f"- Process and session in each of {', '.join(ZONES)}: {len(ALL)} pairs.",
            "- In each, CSV with times of Lord Howe and Parquet with times of New York were loaded, the features read, and a",
            "  training dataset made.",
            "- Every value (decimal(38,10), edges of int64, NaN, infinities, -0.0, days from year 1 to 9999, microseconds) and",
            f"  both content hashes are the same in all: features `{content[:16]}`.",
        ],
    )


def test_values_are_the_same_in_every_zone_of_process_and_session(
    spark: SparkSession, files: Path, tmp_path: Path, zone_of_process: None
) -> None:
    assert_same_values(spark, files, tmp_path, FEW)


def assert_same_values(spark: SparkSession, files: Path, tmp_path: Path, pairs: list[tuple[str, str]]) -> str:
    """Return the content hash of the features."""
    found = {}
    for process, session in pairs:
        set_zone(spark, process)
        spark.conf.set("spark.sql.session.timeZone", session)
        found[process, session] = loaded(spark, tmp_path / f"store {process} {session}".replace("/", "-"), files)
    first = found["UTC", "UTC"]
    for pair, result in found.items():
        assert result == first, pair
    # 01:15 on the day when the clocks of Lord Howe were set back by half an hour is told once; 01:45 would not be.
    assert first[0] == (4, 0, 1, 0)
    rows = {row[0]: row[1:] for row in first[2]}
    assert rows["a"][:3] == (BIG, "9223372036854775807", "1.7976931348623157E308")
    assert rows["b"][:3] == (f"-{BIG}", "-9223372036854775808", "-Infinity")
    assert rows["c"][:4] == ("0.0000000001", "0", "NaN", "2024-02-29")
    assert rows["e"][:3] == (BIG, "9223372036854775807", "4.9E-324")
    # 2024-03-09 11:00:00.123456 in New York is five hours later in UTC.
    assert rows["e"][4] == str(1_710_000_000_123_456 + 5 * 3600 * 10**6)
    return str(first[3])
