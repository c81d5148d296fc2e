"""Replays of a source's batches into a feature group, and the comparison of what was known with what was published."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests.writing import write_rows

from tidegate import Batch, FeatureGroup, FeatureStore, FullState
from tidegate_examples.published_states import published_at

BatchOfRows = tuple[DataFrame, Batch]
MOMENTS_A_JOB = 25


def published_states(folder: Path, *days: str) -> list[Path]:
    """The published states of a folder, oldest first: all, or those of the given days."""
    states = sorted(path for path in folder.glob("*.csv.gz"))
    return [path for path in states if not days or f"{published_at(str(path)):%Y-%m-%d}" in days]


def full_states(
    spark: SparkSession, read: Callable[..., DataFrame], states: Iterable[Path], scope: Mapping[str, str | int]
) -> list[BatchOfRows]:
    """Each published state as a batch that says: this is all there is."""
    return [(read(spark, str(path)), Batch(contents=FullState(published_at(str(path)), scope))) for path in states]


def write_all(store: FeatureStore, group: FeatureGroup, batches: Iterable[BatchOfRows]) -> str | None:
    """Write the batches in this order; return the hash of what the table says then."""
    for rows, batch in batches:
        write_rows(store, group, rows, batch)
    return store.audit.content_hash(group)


def shuffled(batches: Sequence[BatchOfRows], seed: int) -> list[BatchOfRows]:
    """The batches in an order that is surely another, the same for the same seed."""
    mixed = list(batches)
    random.Random(seed).shuffle(mixed)
    assert mixed[0] is not batches[0]
    assert mixed[-1] is not batches[-1]
    return mixed


def assert_known_as_published(
    store: FeatureStore, group: FeatureGroup, published: DataFrame, moments: Sequence[datetime]
) -> None:
    """Compare the table as known at each moment with what was published: the same rows, no other ones, none twice.

    Args:
        store: Holds the group.
        group: The feature group, with all its history.
        published: Rows of all states, `available_at` being the moment of the state.
        moments: Of the states.
    """
    assert published.select("available_at").distinct().count() == len(set(moments))
    columns = [*group.field_names, "event_time", "state"]
    for start in range(0, len(moments), MOMENTS_A_JOB):
        some = moments[start : start + MOMENTS_A_JOB]
        known = reduce(
            DataFrame.unionByName, (store.as_known(group, moment).withColumn("state", F.lit(moment)) for moment in some)
        )
        expected = published.where(F.col("available_at").isin(*some)).withColumn("state", F.col("available_at"))
        assert _differences(known.select(columns), expected.select(columns)) == []


def _differences(actual: DataFrame, expected: DataFrame) -> list[str]:
    """A few of the rows that one frame has more often than the other."""
    signed = actual.withColumn("_surplus", F.lit(1)).unionByName(expected.withColumn("_surplus", F.lit(-1)))
    counted = signed.groupBy(*actual.columns).agg(F.sum("_surplus").alias("surplus")).where("surplus <> 0")
    return [str(row) for row in counted.orderBy("state", "event_time").take(5)]
