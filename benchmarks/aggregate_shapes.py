"""The data of the benchmark of aggregates, the aggregates themselves, and an oracle of their values."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from aggregate_sql import micros_of_rows, range_join_sql
from join_shapes import FIRST_MICROSECOND, YEAR, Made, Shape, keys_of, moment_of
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import Aggregates, FeatureChoice, FeatureGroup, FeatureView, Field, count, count_distinct, maximum, mean, sum_of
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME, TOMBSTONE
from tidegate.feature_groups.loaded_until import Load, record_loaded_until
from tidegate.feature_groups.storage import arranged, create_group_table
from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.stored_files import stored_rows
from tidegate.tables.buckets import Spread, bucket_of
from tidegate.tables.read import current_version
from tidegate.tables.store import Store
from tidegate.tables.write import append_rows

KINDS = 50  # few enough that the other contenders can keep a set of them in the bits of one number
LATE, LATEST, USUAL = 0.01, timedelta(days=20), timedelta(hours=1)
# The oracle compares a label with every row of its key. It looks at no more pairs than this, so it knows only some labels.
PAIRS, MOST_LABELS, FEWEST_LABELS = 200_000_000, 10_000, 100
ORACLE = "oracle.parquet"

OPERATIONS: dict[str, Callable[[timedelta], Aggregate]] = {
    "count": lambda window: count(window=window),
    "sum": lambda window: sum_of("value", window=window),
    "mean": lambda window: mean("value", window=window),
    "max": lambda window: maximum("value", window=window),
    "distinct": lambda window: count_distinct("kind", window=window),
}


@dataclass(frozen=True)
class Chosen:
    """The aggregates that a contender computes: each operation over each window.

    Attributes:
        days: The lengths of the windows, in days.
        operations: The operations, by their names in `OPERATIONS`.
    """

    days: tuple[int, ...]
    operations: tuple[str, ...] = tuple(OPERATIONS)

    @property
    def names(self) -> list[str]:
        """The names of the features, window by window."""
        return [f"{operation}_{days}d" for days in self.days for operation in self.operations]


ALL, SUMS, SHORTEST, LONGEST = "all", "counts and sums", "1 day", "365 days"
CHOSEN = {
    ALL: Chosen((1, 7, 30)),
    SUMS: Chosen((1, 7, 30), ("count", "sum")),
    SHORTEST: Chosen((1,)),
    LONGEST: Chosen((365,)),
}


def group_of(shape: Shape) -> FeatureGroup:
    """Return the group of events of a shape."""
    id_, value, kind = (Field(name, type_, name) for name, type_ in COLUMNS.items())
    return FeatureGroup("events", 1, ("id",), (id_, value, kind), "events", expected_rows=shape.rows, immutable=True)


COLUMNS = {"id": T.LongType(), "value": T.DoubleType(), "kind": T.IntegerType()}


def aggregates_view(shape: Shape, chosen: Chosen) -> FeatureView:
    """Return a view of aggregates. The labels are passed as a frame."""
    group = group_of(shape)
    features = {
        f"{operation}_{days}d": OPERATIONS[operation](timedelta(days=days))
        for days in chosen.days
        for operation in chosen.operations
    }
    return FeatureView("events", 1, group, group, (), (Aggregates(group, features),))


def newest_view(shape: Shape, chosen: Chosen) -> FeatureView:
    """Return a view of the newest row of the same group within the longest window, for the floor."""
    group = group_of(shape)
    choice = FeatureChoice(group, group.feature_names, timedelta(days=max(chosen.days)))
    return FeatureView("newest", 1, group, group, (), (choice,))


def make(spark: SparkSession, shape: Shape, folder: Path) -> Made:
    """Generate the stored events, the labels and the oracle of a shape from fixed seeds, unless they exist already."""
    if (folder / "shape.json").exists():
        return Made.load(folder)
    shutil.rmtree(folder, ignore_errors=True)
    group, store, labels = group_of(shape), Store.open(spark, str(folder / "store")), folder / "labels"
    rows = _events(spark, shape).withColumns({TOMBSTONE: F.lit(False), BUCKET: bucket_of(["id"], group.buckets)})
    append_rows(arranged(rows, group, Spread(EVENT_TIME, shape.rows, group.buckets)), create_group_table(store, group))
    path = store.layout.feature_group(group.full_name)
    version = current_version(spark, path)
    until = datetime.fromtimestamp((FIRST_MICROSECOND + YEAR) / 1e6, UTC) + LATEST
    record_loaded_until(store, [Load(group.full_name, "said", until, version)])
    asked = spark.range(0, shape.labels, 1, 4)
    asked.select(
        keys_of(shape, 7, shape.keys).alias("id"), moment_of(8).alias("event_time"), F.col("id").alias("label")
    ).write.parquet(str(labels))
    files = tuple(file.path for held in stored_rows(spark, path, group, version).files.values() for file in held)
    made = Made(shape, store.layout.root, str(labels), files, ())
    _write_oracle(made, folder / ORACLE)
    (folder / "shape.json").write_text(json.dumps(asdict(made)))
    return made


def _events(spark: SparkSession, shape: Shape) -> DataFrame:
    """Return the events. No two have the same event_time, which is what makes them immutable events of their keys."""
    step = YEAR // shape.rows
    micros = F.lit(FIRST_MICROSECOND) + F.floor(F.rand(1) * step).cast("long") * shape.rows + F.col("id")
    most = F.when(F.rand(2) < LATE, F.lit(LATEST.total_seconds())).otherwise(F.lit(USUAL.total_seconds()))
    delay = F.floor(F.rand(3) * most * 1_000_000).cast("long")
    return spark.range(0, shape.rows, 1, 8).select(
        keys_of(shape, 4, shape.keys).alias("id"),
        (F.rand(6) * 1000).alias("value"),
        F.floor(F.rand(9) * KINDS).cast("int").alias("kind"),
        F.timestamp_micros(micros).alias("event_time"),
        F.timestamp_micros(micros + delay).alias("available_at"),
    )


def _write_oracle(made: Made, target: Path) -> None:
    """Write the true values of some labels, by comparing each of them with every row of its key."""
    shape = made.shape
    pairs_of_label = shape.rows * (shape.hot**2 + (1 - shape.hot) / shape.keys)
    wanted = max(FEWEST_LABELS, min(MOST_LABELS, int(PAIRS / pairs_of_label)))
    some = f"label % {max(1, shape.labels // wanted)} = 0"
    chosen = Chosen((1, 7, 30, 365))
    rows, labels = micros_of_rows(made, "duckdb", some)
    query = range_join_sql(rows, labels, chosen.days, chosen.names)
    duckdb.sql(f"COPY ({query}) TO '{target}'")


def wrong_values(out: str, oracle: Path, chosen: Chosen) -> dict[str, float]:
    """Return the share of the labels that the oracle knows for which a feature is wrong.

    Counts and maxima have to be equal. Sums and means may differ by the rounding of doubles, which depends on the order.
    """
    wrong = [f"avg(({_differs(name)})::int) AS {name}" for name in chosen.names]
    [found] = duckdb.sql(
        f"SELECT count(given.label) = count(*), {', '.join(wrong)} FROM '{oracle}' AS true_values "
        f"LEFT JOIN '{out}/*.parquet' AS given USING (label)"
    ).fetchall()
    if not found[0]:
        raise RuntimeError(f"{out} has not all labels of {oracle}")
    return dict(zip(chosen.names, map(float, found[1:]), strict=True))


def totals(out: str, chosen: Chosen) -> dict[str, str]:
    """Return the total of each count and each maximum over all labels, which are equal for all exact contenders."""
    names = [name for name in chosen.names if name.startswith(("count", "distinct", "max"))]
    parts = [f"sum(round({name} * 1000000)::hugeint)::varchar" for name in names]
    [found] = duckdb.sql(f"SELECT {', '.join(parts)} FROM '{out}/*.parquet'").fetchall()
    return dict(zip(names, found, strict=True))


def _differs(name: str) -> str:
    given, true = f"given.{name}", f"true_values.{name}"
    if not name.startswith(("sum", "mean")):
        return f"{given} IS DISTINCT FROM {true}"
    return f"({given} IS NULL) <> ({true} IS NULL) OR coalesce(abs({given} - {true}) > 1e-9 * abs({true}), false)"
