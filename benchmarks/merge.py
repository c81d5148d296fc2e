"""A batch into a growing feature group: ours, the MERGE that a user would write, and a rewrite of the whole table.

    ./spark-submit.sh benchmarks/merge.py --quick --json merge.json

Sensors report every minute. A batch is 1 % of the first table: 90 % new rows and 10 % updates, which in shape `t` lie in the
newest part of the history, in shape `r` are spread over all of it; in shape `m` most rows of the table change. All contenders
get the same batches on tables of the same rows, one after the other in one process; the first batches warm up. In shape `m` a
rewrite that gives the same table is a contender, too: a plain one puts no row in order.
"""

import argparse
import os
import shutil
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from delta.tables import DeltaTable
from measuring import Goal, at_least, at_most, growth_exponent, machine, report, seconds, spread
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureGroup, FeatureStore, Field
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME, TOMBSTONE
from tidegate.feature_groups.storage import arranged, create_group_table
from tidegate.session import build_session
from tidegate.tables.buckets import Spread, bucket_of, newest_halved
from tidegate.tables.files import data_files
from tidegate.tables.rewrite import rearrange
from tidegate.tables.write import append_rows

SENSORS = 10_000
START = datetime(2024, 1, 1, tzinfo=UTC)
KEYS = ("sensor", "event_time")
VALUES = ("pm25", "pm10", "humidity")
FIELDS = (Field("sensor", T.LongType(), "sensor"), *(Field(name, T.DoubleType(), name) for name in VALUES))
FIRST = 1_000_000
BATCH = FIRST // 100
# A read takes a quarter of a second, of which the compiler has its part at first.
WARM_UP_READS = 4
# The compiler is busy with code for rows by the million for some rounds, with that of some contenders longer than of others.
WARM_UP_LARGE = 2
Write = Callable[[DataFrame], object]


@dataclass(frozen=True)
class Tables:
    """One table a contender, all with the same rows."""

    spark: SparkSession
    folder: Path
    group: FeatureGroup

    @property
    def store(self) -> FeatureStore:
        """The store with our table."""
        return FeatureStore(self.spark, str(self.folder / "store"))

    @property
    def plain(self) -> str:
        """The Delta table that a user would make."""
        return str(self.folder / "plain")

    def contenders(self) -> dict[str, Write]:
        """Every way of taking a batch, by its name."""
        return {
            "tidegate": self.tidegate,
            "plain merge": self.plain_merge,
            "full rewrite": self.full_rewrite,
            "rewrite to our files": self.rewrite_to_our_files,
        }

    def tidegate(self, batch: DataFrame) -> object:
        """Ours."""
        return self.store.write(self.group, batch)

    def plain_merge(self, batch: DataFrame) -> object:
        """The MERGE of the documentation."""
        table = DeltaTable.forPath(self.spark, self.plain).alias("stored")
        merge = table.merge(batch.alias("change"), " AND ".join(f"stored.{key} = change.{key}" for key in KEYS))
        return merge.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()

    def full_rewrite(self, batch: DataFrame) -> object:
        """The table written anew with the batch in it, beside the old one."""
        stored = self.spark.read.format("delta").load(self.plain)
        kept = stored.join(batch.select(*KEYS), on=list(KEYS), how="left_anti")
        return kept.unionByName(batch).write.format("delta").mode("overwrite").save(str(self.folder / "rewritten"))

    def rewrite_to_our_files(self, batch: DataFrame) -> object:
        """The newest row of each key and time of table and batch, written anew as our table lies, beside the old one."""
        path = self.store.layout.feature_group(self.group.full_name)
        stored = self.spark.read.format("delta").load(path)
        both = stored.unionByName(self.as_stored(batch))
        newest_first = Window.partitionBy(*KEYS).orderBy(F.col("available_at").desc())
        newest = both.withColumn("_place", F.row_number().over(newest_first)).where("_place = 1").drop("_place")
        # That is how many there are in this shape; to count them would be work of its own.
        rows = arranged(newest, self.group, Spread(EVENT_TIME, FIRST, self.group.buckets))
        return rows.write.format("delta").partitionBy(BUCKET).mode("overwrite").save(str(self.folder / "our files"))

    def as_stored(self, rows: DataFrame) -> DataFrame:
        """Rows with the columns that our table has beside theirs."""
        return rows.withColumns({TOMBSTONE: F.lit(False), BUCKET: bucket_of(self.group.entity_key, self.group.buckets)})

    def grow(self, first: int, last: int) -> None:
        """Add the rows of the numbers first .. last to both tables, in time order."""
        rows = numbered(self.spark.range(first, last), known=0)
        # What a write would store, without what it compares and counts: the tables are to be there, and soon.
        path = create_group_table(self.spark, self.store.layout, self.group)
        ours = self.as_stored(rows)
        some = numbered(self.spark.range(first, last, 100), known=0)
        spread = newest_halved(some, Spread(EVENT_TIME, last - first, self.group.buckets))
        append_rows(arranged(ours, self.group, spread), path)
        rows.write.format("delta").mode("append").save(self.plain)


def numbered(ids: DataFrame, known: int) -> DataFrame:
    """Row number n is the report of sensor n mod SENSORS at its minute; `known` hours later it was (again) known."""
    minute = F.floor(F.col("id") / SENSORS)
    event_time = F.timestamp_seconds(F.lit(int(START.timestamp())) + minute * 60)
    values = [(F.rand(place + known) * 100).alias(name) for place, name in enumerate(VALUES)]
    available = (event_time + F.lit(timedelta(hours=known))).alias("available_at")
    return ids.select((F.col("id") % SENSORS).alias("sensor"), *values, event_time.alias("event_time"), available)


def batch_of(spark: SparkSession, shape: str, size: int, number: int) -> DataFrame:
    """The batch with this number into a table of this size; the updates are known later than all before."""
    if shape == "m":
        return numbered(spark.range(0, int(size * 0.9)), known=number + 1).localCheckpoint()
    if shape == "tiny":
        return numbered(spark.range(size + number * 10, size + (number + 1) * 10), known=0).localCheckpoint()
    new = numbered(spark.range(size + number * BATCH, size + number * BATCH + BATCH * 9 // 10), known=0)
    oldest, step = (size - BATCH, 10) if shape == "t" else (number, max(1, size // (BATCH // 10) - 1))
    changed = numbered(spark.range(oldest, oldest + step * (BATCH // 10), step), known=number + 1)
    return new.unionByName(changed).localCheckpoint()


def linked(source: str, target: str) -> None:
    """Copy a file of a table; rows are never changed in place, so a second name for their file is enough."""
    if source.endswith(".parquet") and "_delta_log" not in source:
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def measured(tables: Tables, shape: str, size: int, runs: int, names: list[str], warm_up: int = 1) -> dict[str, list[float]]:
    """Seconds of each contender's runs on copies of the tables, after some that are not counted.

    A single run of the others is their first: they are warm from smaller tables, and take half a minute at the last size.
    """
    with tempfile.TemporaryDirectory(dir=tables.folder.parent) as folder:
        copy = Tables(tables.spark, Path(folder) / "tables", tables.group)
        shutil.copytree(tables.folder, copy.folder, copy_function=linked)
        taken: dict[str, list[float]] = {name: [] for name in names}
        for number in range(runs + warm_up):
            batch = batch_of(tables.spark, shape, size, number)
            # Each in turn comes first: it has the memory of the batch before cleared in its time.
            first = number % len(names)
            for name in [*names[first:], *names[:first]] if runs > 1 or number > 0 else ["tidegate"]:
                taken[name].append(seconds(lambda name=name, batch=batch: copy.contenders()[name](batch)))
    counted = {name: values[-runs:] for name, values in taken.items()}
    print(f"  {shape} {size:>12,} rows: " + ", ".join(f"{name} {spread(values)}" for name, values in counted.items()), flush=True)
    return counted


def growing(tables: Tables, runs_at: dict[int, int]) -> list[Goal]:
    """Shapes t and r at every size with its number of runs, the rest at one of them."""
    sizes = list(runs_at)
    found: dict[str, dict[int, dict[str, float]]] = {"t": {}, "r": {}}
    goals, before = [], 0
    for size, runs in runs_at.items():
        tables.grow(before, size)
        before = size
        for shape, at_size in found.items():
            names = ["tidegate", "plain merge"] + (["full rewrite"] if size == sizes[-1] and shape == "t" else [])
            taken = measured(tables, shape, size, runs, names)
            at_size[size] = {name: statistics.median(values) for name, values in taken.items()}
        if size == FIRST:
            goals += [*most_changed(tables, size, runs), tiny(tables, size, runs), empty(tables)]
    for shape, exponent, ratio in (("t", 0.15, 1.25), ("r", 0.5, 2.0)):
        ours = {size: medians["tidegate"] for size, medians in found[shape].items()}
        largest = found[shape][sizes[-1]]
        goals.append(at_most(f"{shape}: growth exponent, {sizes[0]:,} to {sizes[-1]:,} rows", growth_exponent(ours), exponent))
        name = f"{shape}: times faster than a plain MERGE at {sizes[-1]:,} rows"
        goals.append(at_least(name, largest["plain merge"] / largest["tidegate"], ratio))
        if "full rewrite" in largest:
            name = f"{shape}: share of a full rewrite at {sizes[-1]:,} rows"
            goals.append(at_most(name, largest["tidegate"] / largest["full rewrite"], 0.25))
    return goals


def most_changed(tables: Tables, size: int, runs: int) -> list[Goal]:
    others = ["full rewrite", "rewrite to our files"]
    taken = measured(tables, "m", size, runs + 1, ["tidegate", *others], WARM_UP_LARGE)
    ours = statistics.median(taken["tidegate"])
    return [
        at_most(f"m: most of {size:,} rows changed, against a {name}", ours / statistics.median(taken[name]), 1.1)
        for name in others
    ]


def tiny(tables: Tables, size: int, runs: int) -> Goal:
    taken = measured(tables, "tiny", size, runs + 2, ["tidegate", "plain merge"])
    ratio = statistics.median(taken["tidegate"]) / statistics.median(taken["plain merge"])
    return at_most(f"ten rows into {size:,}, against a bare MERGE", ratio, 1.5)


def empty(tables: Tables) -> Goal:
    nothing = numbered(tables.spark.range(0), known=0)
    before = tables.store.history(tables.group).count()
    tables.tidegate(nothing)
    return at_most("commits of an empty batch", tables.store.history(tables.group).count() - before, 0)


def reads(spark: SparkSession, folder: Path, shape: str, runs: int) -> Goal:
    """Read all of a table after a hundred batches, and of a copy whose files were all written anew."""
    group = FeatureGroup(f"reads_{shape}", 1, ("sensor",), FIELDS, "reports of sensors")
    worn, compacted = (FeatureStore(spark, str(folder / shape / name)) for name in ("worn", "compacted"))
    size, small = FIRST // 2, BATCH // 10
    worn.write(group, numbered(spark.range(0, size), known=0))
    for number in range(100):
        first = size + number * small
        new = numbered(spark.range(first, first + small), known=0)
        oldest, step = (first - small, 10) if shape == "t" else (number, size * 10 // small)
        changed = numbered(spark.range(oldest, oldest + step * small // 10, step), known=number + 1)
        worn.write(group, new.unionByName(changed))
    shutil.copytree(folder / shape / "worn", folder / shape / "compacted", copy_function=linked)
    path = compacted.layout.feature_group(group.full_name)
    files = data_files(spark, path, BUCKET, EVENT_TIME)
    rearrange(
        spark, path, {file.path for file in files}, lambda rows: arranged(rows, group, Spread(EVENT_TIME, size + 100 * small, 1))
    )
    taken: dict[str, list[float]] = {"worn": [], "compacted": []}
    for _ in range(runs + WARM_UP_READS):
        for name, each in (("worn", worn), ("compacted", compacted)):
            taken[name].append(seconds(lambda each=each: each.read(group).agg(*[F.sum(value) for value in VALUES]).collect()))
    counted = {name: values[WARM_UP_READS:] for name, values in taken.items()}
    print(f"  reads {shape}, {len(files)} files: " + ", ".join(f"{name} {spread(v)}" for name, v in counted.items()), flush=True)
    ratio = statistics.median(counted["worn"]) / statistics.median(counted["compacted"])
    return at_most(f"{shape}: reads after 100 batches, against the same table freshly compacted", ratio, 1.2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two sizes, one or two runs, one kind of reads; about 11 minutes")
    parser.add_argument("--json", type=Path, help="write the goals to this file")
    parser.add_argument("--only-reads", action="store_true", help="nothing but the reads after a hundred batches")
    parser.add_argument("--folder", type=Path, help="where the tables are made (default: a temporary folder)")
    arguments = parser.parse_args()
    sizes = [FIRST, 32 * FIRST] if arguments.quick else [FIRST * 2**power for power in range(6)]
    spark = build_session("benchmark merge")
    spark.sparkContext.setLogLevel("ERROR")
    print(f"machine: {machine()}", flush=True)
    group = FeatureGroup("reports", 1, ("sensor",), FIELDS, "reports of sensors", expected_rows=sizes[-1])
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        tables = Tables(spark, Path(folder) / "tables", group)
        runs = [2, 1] if arguments.quick else [5] * len(sizes)
        # First: its hundred batches warm up the rest.
        goals = [reads(spark, Path(folder), shape, 5 if arguments.quick else 9) for shape in ("t" if arguments.quick else "tr")]
        goals += [] if arguments.only_reads else growing(tables, dict(zip(sizes, runs, strict=True)))
    return report(goals, arguments.json)


if __name__ == "__main__":
    raise SystemExit(main())
