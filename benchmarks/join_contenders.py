"""The process of one contender of the point-in-time benchmark: for each line that it reads, it joins once and prints its times.

python join_contenders.py CONTENDER MEMORY      (benchmarks/point_in_time.py starts it)
"""

import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import polars as pl
import psutil
from join_goals import DUCKDB, FLOOR, FRAMES, ON_STORED, PER_COLUMN, WINDOWS
from join_shapes import EVER, Made, view_of
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from tidegate import FeatureStore
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.join import point_in_time_join
from tidegate.point_in_time.planner import Strategy
from tidegate.session import build_session, read_properties

CONF = Path(__file__).resolve().parents[1] / "conf" / "spark" / "local.conf"


def session(memory: str) -> SparkSession:
    """Start a session with the settings for one machine, and with 16 partitions as in the trial from which the goals come.

    Parquet files are written without dictionaries, which on random numbers would cost all contenders the same seconds for
    nothing.

    Args:
        memory: Memory of the driver's JVM, such as `4g`.
    """
    settings = {**read_properties(CONF), "spark.driver.memory": memory, "spark.sql.shuffle.partitions": "16"}
    settings["spark.hadoop.parquet.enable.dictionary"] = "false"
    spark = build_session("benchmark of joins", settings)
    spark.sparkContext.setLogLevel("ERROR")

    def same(batches):  # type: ignore[no-untyped-def]
        # Not at the level of the module: workers can't import this module if it isn't the main one.
        return batches

    spark.range(1000).mapInArrow(same, "id long").count()
    return spark


def in_store(spark: SparkSession, made: Made, labels: DataFrame, strategy: Strategy | None) -> DataFrame:
    """Join a feature view from its store, as a training job does."""
    return FeatureStore(spark, made.root).attach_features(view_of(made.shape), labels, strategy=strategy)


def of_frames(spark: SparkSession, made: Made, labels: DataFrame, strategy: Strategy | None) -> DataFrame:
    """Join the same rows as a frame, read from unsorted files."""
    names = {name: name for name in made.shape.features}
    frame = spark.read.parquet(*made.plain_files).select("id", *names, "event_time", "available_at")
    return point_in_time_join(labels, "event_time", [FeatureRows("readings", frame, ("id",), names, EVER)], strategy=strategy)


def features(spark: SparkSession, made: Made) -> DataFrame:
    """Return the rows of the first group, read as users do who know nothing about its layout."""
    return spark.read.parquet(*made.plain_files).select("id", "event_time", *made.shape.features)


def united(spark: SparkSession, made: Made, labels: DataFrame) -> DataFrame:
    """Return the union of the labels and the feature rows."""
    rows = features(spark, made)
    return labels.withColumn("_is_label", F.lit(1)).unionByName(rows.withColumn("_is_label", F.lit(0)), allowMissingColumns=True)


def floor(spark: SparkSession, made: Made, labels: DataFrame) -> DataFrame:
    """Read both sides, shuffle them once by key and sort them once, without a join. The result has as many rows as a join's."""
    ordered = united(spark, made, labels).repartition("id").sortWithinPartitions("id", "event_time", "_is_label")
    return ordered.where(F.col("_is_label") + F.rand() * 0 >= 1).drop("_is_label")


def per_column_window(spark: SparkSession, made: Made, labels: DataFrame) -> DataFrame:
    """Join as users often write it: with a running `last` for each column."""
    so_far = Window.partitionBy("id").orderBy("event_time", "_is_label").rowsBetween(Window.unboundedPreceding, 0)
    latest = [F.last(name, ignorenulls=True).over(so_far).alias(name) for name in made.shape.features]
    return (
        united(spark, made, labels)
        .select("id", "event_time", "label", "_is_label", *latest)
        .where("_is_label = 1")
        .drop("_is_label")
    )


def range_join(spark: SparkSession, made: Made, labels: DataFrame) -> DataFrame:
    """Join every earlier row to each label and keep the newest by row_number, as Feast's Spark store does; our own code."""
    rows = features(spark, made).select(F.col("id").alias("key"), F.col("event_time").alias("since"), *made.shape.features)
    earlier = labels.join(rows, (F.col("id") == F.col("key")) & (F.col("since") <= F.col("event_time")), "left")
    newest = Window.partitionBy("label").orderBy(F.col("since").desc())
    return earlier.withColumn("_n", F.row_number().over(newest)).where("_n = 1").drop("_n", "key", "since")


def by_duckdb(made: Made, out: str) -> None:
    """Join the same files with DuckDB's ASOF JOIN, in one process on all cores."""
    Path(out).mkdir(parents=True)
    chosen = ", ".join(f"f.{name}" for name in made.shape.features)
    files = ", ".join(f"'{file}'" for file in made.plain_files)
    duckdb.sql(
        f"copy (select l.*, {chosen} from '{made.labels}/*.parquet' l asof left join read_parquet([{files}]) f "
        f"on l.id = f.id and l.event_time >= f.event_time) to '{out}/out.parquet' (compression zstd)"
    )


def by_polars(made: Made, out: str) -> None:
    """Join the same files with Polars' join_asof, in one process on all cores."""
    Path(out).mkdir(parents=True)
    labels = pl.read_parquet(f"{made.labels}/*.parquet").sort("event_time")
    rows = pl.read_parquet(list(made.plain_files), columns=["id", "event_time", *made.shape.features], hive_partitioning=False)
    joined = labels.join_asof(rows.sort("event_time"), on="event_time", by="id", strategy="backward")
    joined.write_parquet(f"{out}/out.parquet")


SPARK: dict[str, Callable[[SparkSession, Made, DataFrame], DataFrame]] = {
    "stored": partial(in_store, strategy=None),
    "stored, union window": partial(in_store, strategy="union window"),
    FRAMES: partial(of_frames, strategy=None),
    WINDOWS: partial(of_frames, strategy="union window"),
    "frames, interval": partial(of_frames, strategy="interval"),
    "frames, sliced": partial(of_frames, strategy="sliced"),
    FLOOR: floor,
    PER_COLUMN: per_column_window,
    "range join": range_join,
}
ALONE: dict[str, Callable[[Made, str], None]] = {DUCKDB: by_duckdb, "polars": by_polars}


def runner(contender: str, memory: str) -> Callable[[Made, str], None]:
    """Return the function that performs one run of a contender: read, join, write."""
    name = contender.removesuffix(f", {ON_STORED}")
    at = _at_stored_files if contender != name else _as_made
    if name in ALONE:
        return lambda made, out: ALONE[name](at(made), out)
    spark = session(memory)
    return lambda made, out: SPARK[name](spark, at(made), spark.read.parquet(made.labels)).write.parquet(out)


def _as_made(made: Made) -> Made:
    return made


def _at_stored_files(made: Made) -> Made:
    return replace(made, plain_files=made.stored_files)


def family() -> list[psutil.Process]:
    me = psutil.Process()
    return [me, *me.children(recursive=True)]


def cpu_seconds() -> float:
    """Return the CPU seconds used so far by this process, the JVM and the Python workers, including workers that have ended."""
    return sum(sum(process.cpu_times()[:4]) for process in family())


def peaks() -> dict[str, float]:
    """Return the largest resident sizes in GiB since `forget_peaks`: of the driver's JVM, of a Python worker, and in sum."""
    found = [(process, _high_water(process)) for process in family()]
    driver = max(found, key=lambda each: _is_java(each[0]))[1]
    workers = [gib for process, gib in found[1:] if not _is_java(process)]
    return {"driver": driver, "worker": max(workers, default=0.0), "peak": sum(gib for _, gib in found)}


def forget_peaks() -> None:
    """Reset the largest resident sizes of all processes, so that the next peaks are those of the next run."""
    for process in family():
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def _is_java(process: psutil.Process) -> bool:
    return bool(process.name() == "java")


def _high_water(process: psutil.Process) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0) / 2**20


def checked(made: Made, out: str) -> list[object]:
    """Return the number of rows, the sum of the first feature and its number of NULLs, which are equal for all joins."""
    name = made.shape.features[0]
    total = f"coalesce(sum(round({name} * 1000)::hugeint), 0)::varchar"
    return list(duckdb.sql(f"select count(*), {total}, count(*) - count({name}) from '{out}/*.parquet'").fetchall()[0])


def main() -> None:
    contender, memory = sys.argv[1:]
    run = runner(contender, memory)
    for line in sys.stdin:
        asked = json.loads(line)
        made = Made.load(Path(asked["folder"]))
        made = replace(made, shape=replace(made.shape, chosen=asked["chosen"]))
        out = str(Path(asked["folder"]) / f"out-{contender.replace(' ', '-').replace(',', '')}")
        forget_peaks()
        cpu, began = cpu_seconds(), time.perf_counter()
        run(made, out)
        taken = time.perf_counter() - began
        found = {"seconds": taken, "cpu": cpu_seconds() - cpu, **peaks(), "result": checked(made, out)}
        shutil.rmtree(out)
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
