"""Makes tests/old_roots/days.tar.xz: a root with loaded days and loaded files, as commit c65a070 wrote it (format 2).

Run it in a checkout of that commit:

    git worktree add /tmp/old c65a070 && ln -s "$PWD/.venv" /tmp/old/.venv
    cd /tmp/old && .venv/bin/python "$OLDPWD/tests/old_roots/make_days.py" "$OLDPWD/tests/old_roots/days.tar.xz"

Archive: `root/` with feature_groups/{beds,nights,wards}_v1, catalog, statistics, source_files, subjects, runs, and landing/care.
"""

import os
import sys
import tarfile
import tempfile
from datetime import date
from pathlib import Path

sys.path[:0] = [str(Path.cwd() / "lib"), str(Path.cwd())]
os.environ["TZ"] = "UTC"
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")

from pyspark.sql import functions as F  # noqa: E402
from pyspark.sql import types as T  # noqa: E402
from tidegate.pipelines.features import run_feature_pipeline  # noqa: E402

from tidegate import Csv, CsvSource, FeatureGroup, FeaturePipeline, FeatureStep, FeatureStore, Field, Loading, Period, Source  # noqa: E402
from tidegate.session import build_session, read_properties  # noqa: E402

WARD, FREE = Field("ward", T.StringType(), "ward"), Field("free", T.IntegerType(), "free beds")
NURSE, AT = Field("nurse", T.StringType(), "who counted"), Field("at", T.TimestampType(), "when")
COUNTS = CsvSource("counts", (WARD, FREE, NURSE, AT), ("ward", "at"), daily=True, personal=("nurse",))
BEDS = FeatureGroup("beds", 1, ("ward",), (WARD, FREE, NURSE), "free beds", subject="nurse")
NIGHTS = FeatureGroup("nights", 1, ("ward",), (WARD, Field("more", T.IntegerType(), "more than a day before")), "changes")
WARDS = FeatureGroup("wards", 1, ("ward",), (WARD, Field("beds", T.IntegerType(), "beds")), "wards")


def beds(sources, period):
    times = {"event_time": F.col("at"), "available_at": F.col("at")}
    return sources["counts"].withColumns(times).drop("at")


def nights(sources, period):
    rows = beds(sources, period)
    before = rows.select("ward", F.col("free").alias("was"), (F.col("event_time") + F.expr("INTERVAL 1 DAY")).alias("event_time"))
    changes = rows.join(before, ["ward", "event_time"]).withColumn("more", F.col("free") - F.col("was"))
    return changes.where(F.col("event_time") >= F.lit(period.start)).select("ward", "more", "event_time", "available_at")


def make(root: str) -> None:
    settings = {**read_properties(Path("conf/spark/local.conf")), "spark.master": "local[2]", "spark.sql.shuffle.partitions": "1"}
    spark = build_session("old root", settings)
    landing = Path(root) / "landing" / "care"
    for day, values in enumerate(((3, 5), (4, 5), (7, 2)), 1):
        folder = landing / "counts" / f"day=2024-01-{day:02}"
        folder.mkdir(parents=True)
        lines = [f"{ward},{free},nurse-{day},2024-01-{day:02}T08:00:00Z" for ward, free in zip("ab", values, strict=True)]
        (folder / "part.csv").write_text("\n".join(["ward,free,nurse,at", *lines]) + "\n")
    (landing / "wards").mkdir()
    (landing / "wards" / "wards.csv").write_text("ward,beds,at\na,10,2024-01-01T00:00:00Z\nb,12,2024-01-01T00:00:00Z\n")
    store = FeatureStore(spark, root)
    steps = (FeatureStep(BEDS, ("counts",), beds), FeatureStep(NIGHTS, ("counts",), nights, 1))
    pipeline = FeaturePipeline("care", (COUNTS,), steps)
    # The third day is landed and not loaded.
    run_feature_pipeline(spark, store.layout, pipeline, Period(date(2024, 1, 1), date(2024, 1, 2), "UTC"), str(landing))
    source = Source("wards", (WARD, WARDS.fields[1], AT), Csv())
    known = F.lit(None).cast("timestamp")
    wards = Loading(source, WARDS, str(landing / "wards"), lambda rows: rows.select(
        "ward", "beds", F.col("at").alias("event_time"), known.alias("available_at"), "_origin"
    ))  # fmt: skip
    store.load(wards)
    spark.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        make(f"{folder}/root")
        with tarfile.open(sys.argv[1], "w:xz") as archive:
            archive.add(f"{folder}/root", "root", filter=lambda each: None if Path(each.name).name.startswith(".") else each)
    sys.stdout.write(f"{Path(sys.argv[1]).stat().st_size} bytes\n")
