"""Which computed rows a step writes, and when they are known: all cases in one frame, each a key or an event time of its own."""

from datetime import UTC, datetime, timedelta

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureGroup, Field
from tidegate.feature_groups.changed_times import ChangedSpan
from tidegate.feature_groups.steps.affected import Affected
from tidegate.feature_groups.steps.new_rows import new_rows

START, MICRO = datetime(2024, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
KEY, VALUE = Field("key", T.StringType(), "key"), Field("value", T.LongType(), "value")
GROUP = FeatureGroup("sums", 1, ("key",), (KEY, VALUE), "sums", history="all", delay=timedelta(hours=1))


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


# At hour 0 a row changed that is known from hour 10. At hour 1 a row is gone since hour 20. At hour 2 a row changed that is known
# from hour 5, while another row of the inputs is known from hour 30 only, and one is gone since hour 25.
CHANGES = (ChangedSpan(at(0), at(0), at(10)), ChangedSpan(at(1), at(1), at(20), at(20)), ChangedSpan(at(2), at(2), at(5)))
AFFECTED = Affected(((at(0), at(2)),), CHANGES, seen=(ChangedSpan(at(2), at(2), at(30), at(25)),))
# By key and hour: what is stored (a value or None for a tombstone, known at an hour), what is computed (each a value and an hour
# or None), and what is written: values or None for a tombstone, each with the moment from which it is known.
Stored = tuple[()] | tuple[int | None, int]
CASES: dict[tuple[str, int], tuple[Stored, list[tuple[int, int | None]], list[tuple[int | None, datetime]]]] = {
    ("new and said", 0): ((), [(1, 7)], [(1, at(7))]),
    ("new and not said", 0): ((), [(1, None)], [(1, at(10))]),
    ("new since another is gone", 1): ((), [(1, 7)], [(1, at(20))]),
    ("new and said after it was gone", 1): ((), [(1, 22)], [(1, at(22))]),
    ("new, of a row known later", 2): ((), [(1, None)], [(1, at(30))]),
    ("new and said, with a row gone before", 2): ((), [(1, 7)], [(1, at(25))]),
    ("equal", 0): ((1, 3), [(1, 7)], []),
    ("other", 0): ((1, 3), [(2, 7)], [(2, at(10))]),
    ("other and known later", 0): ((1, 15), [(2, 7)], [(2, at(15) + MICRO)]),
    ("other, of a row known later", 2): ((1, 3), [(2, None)], [(2, at(30))]),
    ("gone", 0): ((1, 3), [], [(None, at(10))]),
    ("gone, by a row known later", 2): ((1, 3), [], [(None, at(30))]),
    ("gone before", 0): ((None, 3), [], []),
    ("there again", 0): ((None, 3), [(1, 7)], [(1, at(10))]),
    ("twice the same", 0): ((1, 3), [(1, 7), (1, 8)], []),
    ("two that differ", 0): ((1, 3), [(1, 7), (2, 12)], [(1, at(12)), (2, at(12))]),
    ("not affected", 3): ((1, 3), [(2, 7)], []),
}


def test_rows_that_differ_are_written_and_known_when_their_causes_are(spark: SparkSession) -> None:
    stored = [(key, was[0], at(hour), at(was[1]), was[0] is None) for (key, hour), (was, *_) in CASES.items() if was]
    computed = [
        (key, value, at(hour), None if known is None else at(known))
        for (key, hour), (_, rows, _) in CASES.items()
        for value, known in rows
    ]
    columns = "key string, value long, event_time timestamp, available_at timestamp"
    had = spark.createDataFrame(stored, f"{columns}, _tombstone boolean").withColumn("_bucket", F.lit(0))
    found = new_rows(spark.createDataFrame(computed, columns), had, GROUP, AFFECTED)
    written: dict[str, list[tuple[object, ...]]] = {key: [] for key, _ in CASES}
    for row in (
        found.select("key", "value", F.unix_micros("available_at").alias("known"), "_tombstone").orderBy("value").collect()
    ):
        written[row["key"]].append((None if row["_tombstone"] else row["value"], datetime.fromtimestamp(row["known"] / 1e6, UTC)))
    assert written == {key: rows for (key, _), (*_, rows) in CASES.items()}
