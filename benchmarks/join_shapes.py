"""The shapes of data that the point-in-time benchmark joins, and the code that generates them."""

import json
import shutil
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureChoice, FeatureGroup, FeatureView, Field
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME, TOMBSTONE
from tidegate.feature_groups.storage import arranged, create_group_table
from tidegate.point_in_time.stored_files import stored_rows
from tidegate.tables.buckets import Spread, bucket_of
from tidegate.tables.read import current_version
from tidegate.tables.store import Store
from tidegate.tables.write import append_rows

FIRST_MICROSECOND, YEAR = 1_735_689_600_000_000, 31_536_000_000_000
EVER = timedelta(days=3660)


@dataclass(frozen=True)
class Shape:
    """The description of one data set.

    Attributes:
        name: Name of its folder.
        rows: Number of feature rows in each group.
        keys: Number of different entity keys.
        labels: Number of label rows.
        groups: Number of feature groups.
        columns: Number of features in each group.
        chosen: Number of features to join; 0 for all.
        hot: Share of the rows and labels that belong to a single key.
        label_keys: Number of keys that have labels; 0 for all.
        tables_of: Name of the shape whose first table this one also uses; empty if it has its own.
        plain: Whether the rows of the first group also exist as plain files in no order.
    """

    name: str
    rows: int
    keys: int
    labels: int
    groups: int = 1
    columns: int = 5
    chosen: int = 0
    hot: float = 0.0
    label_keys: int = 0
    tables_of: str = ""
    plain: bool = False

    @property
    def features(self) -> list[str]:
        """The names of the features of the first group that are joined."""
        return feature_names(0, self.columns)[: self.chosen or self.columns]


@dataclass(frozen=True)
class Made:
    """The location of a shape's data.

    Attributes:
        shape: The shape.
        root: Root of the store with its feature groups.
        labels: Folder of the Parquet files with the labels.
        stored_files: The Parquet files of the first group's table, for contenders that can't read Delta.
        plain_files: The same rows as Parquet files in no order; empty if the shape has no plain files.
    """

    shape: Shape
    root: str
    labels: str
    stored_files: tuple[str, ...]
    plain_files: tuple[str, ...]

    @staticmethod
    def load(folder: Path) -> "Made":
        """Read the description that `make` has written."""
        held = json.loads((folder / "shape.json").read_text())
        return Made(Shape(**held["shape"]), held["root"], held["labels"], tuple(held["stored_files"]), tuple(held["plain_files"]))


def feature_names(group: int, columns: int) -> list[str]:
    """Return the names of a group's features. No two groups have a name in common."""
    return [f"f{group}_{column}" for column in range(columns)]


def group_of(shape: Shape, number: int) -> FeatureGroup:
    """Return one of the feature groups of a shape."""
    features = (Field(name, T.DoubleType(), name) for name in feature_names(number, shape.columns))
    fields = (Field("id", T.LongType(), "key"), *features)
    expected = 16 * max(1_000_000, shape.rows // 16)
    return FeatureGroup(f"readings_{number}", 1, ("id",), fields, "readings", expected_rows=expected)


def view_of(shape: Shape) -> FeatureView:
    """Return a view of the chosen features of all groups. The labels are passed as a frame."""
    groups = [group_of(shape, number) for number in range(shape.groups)]
    choices = [FeatureChoice(group, group.feature_names[: shape.chosen or shape.columns], EVER) for group in groups]
    return FeatureView("readings", 1, groups[0], groups[0], (), tuple(choices))


def make(spark: SparkSession, shape: Shape, folder: Path) -> Made:
    """Generate the tables and labels of a shape from fixed seeds, unless they exist already."""
    if (folder / "shape.json").exists():
        return Made.load(folder)
    shutil.rmtree(folder, ignore_errors=True)
    store, labels = Store.open(spark, str(folder.with_name(shape.tables_of or shape.name) / "store")), str(folder / "labels")
    plain = folder / "plain"
    if shape.plain:
        _rows(spark, shape, 0).write.parquet(str(plain))
    for number in range(1 if shape.tables_of else 0, shape.groups):
        group = group_of(shape, number)
        rows = spark.read.parquet(str(plain)) if shape.plain and number == 0 else _rows(spark, shape, number)
        rows = rows.withColumns({TOMBSTONE: F.lit(False), BUCKET: bucket_of(["id"], group.buckets)})
        append_rows(arranged(rows, group, Spread(EVENT_TIME, shape.rows, group.buckets)), create_group_table(store, group))
    spread = spark.range(0, shape.labels, 1, 4).select(
        _label_keys(shape), moment_of(8).alias("event_time"), F.col("id").alias("label")
    )
    spread.write.parquet(labels)
    path = store.layout.feature_group(group_of(shape, 0).full_name)
    stored = stored_rows(spark, path, group_of(shape, 0), current_version(spark, path))
    files = tuple(file.path for held in stored.files.values() for file in held)
    made = Made(shape, store.layout.root, labels, files, tuple(map(str, sorted(plain.glob("*.parquet")))))
    (folder / "shape.json").write_text(json.dumps(asdict(made)))
    return made


def _label_keys(shape: Shape) -> Column:
    """Return the keys of labels. If only some keys have labels, these are spread evenly, so that no range of keys finds them."""
    some = shape.label_keys or shape.keys
    return (keys_of(shape, 7, some) * (shape.keys // some)).alias("id")


def _rows(spark: SparkSession, shape: Shape, group: int) -> DataFrame:
    seed = 100 * (group + 1)
    values = [(F.rand(seed + place) * 1000).alias(name) for place, name in enumerate(feature_names(group, shape.columns))]
    moment = moment_of(seed + 90_000).alias("event_time")
    rows = spark.range(0, shape.rows, 1, 8).select(keys_of(shape, seed + 91_000, shape.keys).alias("id"), *values, moment)
    return rows.withColumn("available_at", F.col("event_time"))


def keys_of(shape: Shape, seed: int, keys: int) -> Column:
    """Return random keys, of which a share of `shape.hot` is a single one."""
    spread = F.floor(F.rand(seed) * keys).cast("long")
    return F.when(F.rand(seed + 1) < shape.hot, F.lit(0)).otherwise(spread) if shape.hot else spread


def moment_of(seed: int) -> Column:
    """Return random moments of the year."""
    return F.timestamp_micros(F.lit(FIRST_MICROSECOND) + F.floor(F.rand(seed) * YEAR).cast("long"))
