"""A root with loaded days, as commit c65a070 wrote it: migrated, it goes on by files, and nothing is loaded twice."""

import tarfile
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.rows_as_text import rows_as_text

from tidegate import Csv, FeatureGroup, FeatureStep, FeatureStore, Field, LoadRequest, Source, System, reads
from tidegate.errors import RootFormatError
from tidegate.maintenance.definitions import Definitions
from tidegate.maintenance.migration import migrate_root
from tidegate.pipelines.feature_pipeline import all_steps
from tidegate.tables.store import Store

pytestmark = pytest.mark.slow

WARD, FREE = Field("ward", T.StringType(), "ward"), Field("free", T.IntegerType(), "free beds")
NURSE, AT = Field("nurse", T.StringType(), "who counted"), Field("at", T.TimestampType(), "when")
TIMES = {"event_time": "at", "available_at": "at"}
COUNTS = Source("counts", (WARD, FREE, NURSE, AT), Csv(), by_day=True, subject="nurse", **TIMES)
BEDS = FeatureGroup("beds", 1, ("ward",), (WARD, FREE, NURSE), "free beds", subject="nurse")
NIGHTS = FeatureGroup(
    "nights", 1, ("ward",), (WARD, Field("more", T.IntegerType(), "more than a day before")), "changes", history="all"
)
WARDS = FeatureGroup("wards", 1, ("ward",), (WARD, Field("beds", T.IntegerType(), "beds")), "wards")
WARD_FILES = Source("wards", (WARD, WARDS.fields[1], AT), Csv(), event_time="at")
DAY_BEFORE = timedelta(days=1)


def nights(beds: DataFrame) -> DataFrame:
    before = beds.select("ward", F.col("free").alias("was"), (F.col("event_time") + F.lit(DAY_BEFORE)).alias("event_time"))
    changes = beds.join(before, ["ward", "event_time"]).withColumn("more", F.col("free") - F.col("was"))
    return changes.select("ward", "more", "event_time", "available_at")


SYSTEM = System(
    "care",
    "how many beds are free?",
    steps=(
        FeatureStep(BEDS, (COUNTS,)),
        FeatureStep(NIGHTS, (reads(BEDS, before=DAY_BEFORE),), nights),
        FeatureStep(WARDS, (WARD_FILES,)),
    ),
)


def test_a_root_of_days_goes_on_by_files(spark: SparkSession, tmp_path: Path) -> None:
    with tarfile.open(Path(__file__).parents[1] / "old_roots" / "days.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    root = tmp_path / "root"
    request = LoadRequest(str(root / "landing" / "care"))
    with pytest.raises(RootFormatError, match="has format 2.*--migrate"):
        FeatureStore(spark, root).run(*SYSTEM.steps, request=request)
    handle = Store.open(spark, root)
    known = Definitions(SYSTEM.groups, steps=tuple(all_steps(SYSTEM.steps)), landing=request.landing)
    groups = [f"feature_groups/{name}_v1" for name in ("beds", "nights", "wards")]
    before = rows_as_text(spark, handle.layout.root, groups, leave_out=["_bucket", "_tombstone"])
    planned = migrate_root(handle, known, dry_run=True)
    lines = migrate_root(handle, known)
    for said in (
        "feature_groups/nights_v1: keep all observations from now on; those that were replaced before are lost",
        "source_files: name the feature group of each loaded file",
        "source counts: 2 files count as loaded into feature group beds_v1",
    ):
        assert [said in line for line in (*planned, *lines)].count(True) == 2, said
    assert not any("wards" in line and "count as loaded" in line for line in lines)
    assert rows_as_text(spark, handle.layout.root, groups, leave_out=["_bucket", "_tombstone"]) == before

    store = FeatureStore(spark, root)
    done = store.run(*SYSTEM.steps, request=request)
    # Only the third day is new. What was computed before is computed once more, since nobody noted what changed, and stays.
    assert {load.source: load.files for load in done.loaded} == {"counts": ("day=2024-01-03/part.csv",), "wards": ()}
    (computed,) = done.computed
    assert (computed.written.inserted, computed.written.updated) == (2, 0)
    more = sorted((row.ward, row.more) for row in store.read(NIGHTS).collect())
    assert more == [("a", 1), ("a", 3), ("b", -3), ("b", 0)]
    assert not store.run(*SYSTEM.steps, request=request).has_news
