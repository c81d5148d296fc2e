"""The tables and batches of the merge benchmark, and the contenders that write a batch."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureGroup, FeatureStore, Field
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME, TOMBSTONE
from tidegate.feature_groups.storage import arranged, create_group_table
from tidegate.tables.buckets import Spread, bucket_of, newest_halved
from tidegate.tables.write import append_rows

SENSORS = 10_000
START = datetime(2024, 1, 1, tzinfo=UTC)
KEYS = ("sensor", "event_time")
VALUES = ("pm25", "pm10", "humidity")
FIELDS = (Field("sensor", T.LongType(), "sensor"), *(Field(name, T.DoubleType(), name) for name in VALUES))
FIRST = 1_000_000
BATCH = FIRST // 100
Write = Callable[[DataFrame], object]


@dataclass(frozen=True)
class Tables:
    """Our table and a plain Delta table with the same rows."""

    spark: SparkSession
    folder: Path
    group: FeatureGroup

    @property
    def store(self) -> FeatureStore:
        """The store that contains our table."""
        return FeatureStore(self.spark, str(self.folder / "store"))

    @property
    def plain(self) -> str:
        """The path of the Delta table that a user would create."""
        return str(self.folder / "plain")

    def copied(self, folder: Path) -> "Tables":
        """Copy the tables to another folder, and return the copies."""
        shutil.copytree(self.folder, folder, copy_function=linked)
        return Tables(self.spark, folder, self.group)

    def contenders(self) -> dict[str, Write]:
        """Return the function of each contender that writes a batch, by its name."""
        return {
            "tidegate": self.tidegate,
            "plain merge": self.plain_merge,
            "full rewrite": self.full_rewrite,
            "rewrite to our files": self.rewrite_to_our_files,
        }

    def tidegate(self, batch: DataFrame) -> object:
        """Write the batch with tidegate."""
        return self.store.write(self.group, batch)

    def plain_merge(self, batch: DataFrame) -> object:
        """Write the batch with a MERGE as in Delta's documentation."""
        table = DeltaTable.forPath(self.spark, self.plain).alias("stored")
        merge = table.merge(batch.alias("change"), " AND ".join(f"stored.{key} = change.{key}" for key in KEYS))
        return merge.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()

    def full_rewrite(self, batch: DataFrame) -> object:
        """Write the whole table with the batch to another folder."""
        stored = self.spark.read.format("delta").load(self.plain)
        kept = stored.join(batch.select(*KEYS), on=list(KEYS), how="left_anti")
        return kept.unionByName(batch).write.format("delta").mode("overwrite").save(str(self.folder / "rewritten"))

    def rewrite_to_our_files(self, batch: DataFrame) -> object:
        """Write the newest row of each key and time to another folder, with the layout of our table."""
        path = self.store.layout.feature_group(self.group.full_name)
        stored = self.spark.read.format("delta").load(path)
        both = stored.unionByName(self.as_stored(batch))
        newest_first = Window.partitionBy(*KEYS).orderBy(F.col("available_at").desc())
        newest = both.withColumn("_place", F.row_number().over(newest_first)).where("_place = 1").drop("_place")
        # This is the number of rows in this shape. Counting them would take extra time.
        rows = arranged(newest, self.group, Spread(EVENT_TIME, FIRST, self.group.buckets))
        return rows.write.format("delta").partitionBy(BUCKET).mode("overwrite").save(str(self.folder / "our files"))

    def as_stored(self, rows: DataFrame) -> DataFrame:
        """Add the columns that our table has in addition to those of the rows."""
        return rows.withColumns({TOMBSTONE: F.lit(False), BUCKET: bucket_of(self.group.entity_key, self.group.buckets)})

    def grow(self, first: int, last: int) -> None:
        """Add the rows with numbers from `first` up to `last`, excluded, to both tables, in order of time."""
        rows = numbered(self.spark.range(first, last), known=0)
        # This stores the same as a write, but faster, because it does not compare or count rows.
        path = create_group_table(self.store.handle, self.group)
        ours = self.as_stored(rows)
        some = numbered(self.spark.range(first, last, 100), known=0)
        spread = newest_halved(some, Spread(EVENT_TIME, last - first, self.group.buckets))
        append_rows(arranged(ours, self.group, spread), path)
        rows.write.format("delta").mode("append").save(self.plain)


def numbered(ids: DataFrame, known: int) -> DataFrame:
    """Return the rows with these numbers. Row n is the report of sensor n mod SENSORS in minute n div SENSORS.

    Args:
        ids: A frame with the numbers in column `id`.
        known: Hours after its event_time at which a report became known. It also changes the values.
    """
    minute = F.floor(F.col("id") / SENSORS)
    event_time = F.timestamp_seconds(F.lit(int(START.timestamp())) + minute * 60)
    values = [(F.rand(place + known) * 100).alias(name) for place, name in enumerate(VALUES)]
    available = (event_time + F.lit(timedelta(hours=known))).alias("available_at")
    return ids.select((F.col("id") % SENSORS).alias("sensor"), *values, event_time.alias("event_time"), available)


def batch_of(spark: SparkSession, shape: str, size: int, number: int) -> DataFrame:
    """Return the batch with this number for a table of this size. Its updates became known after all rows before them."""
    if shape == "m":
        return numbered(spark.range(0, int(size * 0.9)), known=number + 1).localCheckpoint()
    if shape == "tiny":
        return numbered(spark.range(size + number * 10, size + (number + 1) * 10), known=0).localCheckpoint()
    new = numbered(spark.range(size + number * BATCH, size + number * BATCH + BATCH * 9 // 10), known=0)
    oldest, step = (size - BATCH, 10) if shape == "t" else (number, max(1, size // (BATCH // 10) - 1))
    changed = numbered(spark.range(oldest, oldest + step * (BATCH // 10), step), known=number + 1)
    return new.unionByName(changed).localCheckpoint()


def linked(source: str, target: str) -> None:
    """Copy a file of a table. Data files are never changed in place, so a hard link is enough for them."""
    if source.endswith(".parquet") and "_delta_log" not in source:
        os.link(source, target)
    else:
        shutil.copy2(source, target)
