"""Whatever way aggregates are computed, they have the same values, and counts are those of a search through all rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests.stored_frames import stored_frame

from tidegate import LastRows, count, last, share, sum_of
from tidegate.errors import DefinitionError, LargeSumError, StrategyError
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.sums_told import sums_told
from tidegate.point_in_time.join import point_in_time_join
from tidegate.point_in_time.planner import choose_strategies

HOUR = timedelta(hours=1)
START = datetime(2024, 1, 1, tzinfo=UTC)
SCHEMA = (
    "k string, event string, city string, kind string, value int, event_time timestamp, available_at timestamp, "
    "_tombstone boolean"
)
FEATURES = {
    "count": count(window=6 * HOUR, where="kind = 'a'"),
    "sum": sum_of("value", window=9 * HOUR, offset=HOUR),
    "ever": count(),
    "last": last("value", n=2),
    "of_three": share("value > 4", window=LastRows(3)),
}


@dataclass(frozen=True)
class Seen:
    k: str
    event: str | None
    city: str | None
    kind: str | None
    value: int | None
    event_time: datetime
    available_at: datetime
    tombstone: bool


def world(random: Random) -> list[Seen]:
    found = list[Seen]()
    for number in range(220):
        k, hour = random.choice("abcd"), random.randrange(12)
        # No two rows become known at the same moment, so that each event that moves has one newest observation.
        known = START + (hour + random.choice([0, 0, 1, 3, 9])) * HOUR + number * timedelta(microseconds=1)
        dead = random.random() < 0.1
        values = (random.choice("xyz"), random.choice(["r", "s", None]), random.choice("ab"), random.choice([None, *range(9)]))
        event, city, kind, value = (None,) * 4 if dead else values
        found.append(Seen(k, event, city, kind, value, START + hour * HOUR, known, dead))
    return found


def frame_of(spark: SparkSession, rows: Sequence[Seen]) -> DataFrame:
    return spark.createDataFrame([tuple(vars(row).values()) for row in rows], SCHEMA)


def counted(rows: Sequence[Seen], at: datetime, key: dict[str, str | None], per: tuple[str, ...]) -> int | None:
    """Count the rows of the feature `count` by its definition."""
    if None in key.values():
        return None
    known = [row for row in rows if row.available_at <= at]
    newest = {(row.k, row.event_time): row for row in sorted(known, key=lambda row: row.available_at)}
    force = [row for row in newest.values() if not row.tombstone]
    if per:
        # An observation stays replaced by a newer one of its event, also when that one is replaced or withdrawn later.
        others = sorted((row for row in known if not row.tombstone), key=lambda row: row.available_at)
        last_of = {tuple(getattr(row, name) for name in per): row for row in others}
        force = [row for row in force if last_of[tuple(getattr(row, name) for name in per)] is row]
    in_window = [row for row in force if at - 6 * HOUR < row.event_time <= at and row.kind == "a"]
    return sum(all(getattr(row, name) == value for name, value in key.items()) for row in in_window)


# Key, columns that name an event, and ways.
SPECIFICATIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "entity": (("k",), (), ("frame", "one", "read", "chosen", "spark")),
    "other": (("city",), (), ("frame", "one", "read", "spark")),
    "more": (("k", "city"), (), ("frame", "chosen")),
    "moved": (("k",), ("k", "event"), ("frame", "chosen")),
    "elsewhere": (("city", "k"), ("event",), ("frame", "one", "read")),
}


def test_every_way_gives_the_same_values(spark: SparkSession, tmp_path: Path) -> None:
    """All ways are computed in one query, each with result columns of its own."""
    random = Random(7)
    rows = world(random)
    frame = frame_of(spark, rows)
    times = [START + random.randrange(24) * HOUR for _ in range(60)]
    label_rows = [(number, random.choice("abcde"), random.choice(["r", "s", None]), at) for number, at in enumerate(times)]
    labels = spark.createDataFrame(label_rows, "number int, k string, city string, t timestamp")
    stored = {buckets: stored_frame(frame, tmp_path / str(buckets), ("k",), buckets) for buckets in (1, 4)}
    joined = labels
    for name, (key, per, taken) in SPECIFICATIONS.items():
        plain = AggregateRows("seen", frame, ("k",), key, {}, one_event_per=per, fresh_until=START + 20 * HOUR)
        ways = {
            "frame": (plain, None),
            "one": (replace(plain, stored=stored[1]), "bucketed"),
            "read": (replace(plain, stored=stored[4]), "shuffled"),
            "chosen": (replace(plain, stored=stored[4], span=(START, START + 24 * HOUR)), None),
            # Tasks can't evaluate this condition, so Spark reads the rows.
            "spark": (replace(plain, stored=stored[4], where="coalesce(k, '') <> ''"), None),
        }
        for way, (given, strategy) in ((way, ways[way]) for way in taken):
            named = {f"{name}_{way}_{feature}": each for feature, each in FEATURES.items()}
            joined = point_in_time_join(joined, "t", [replace(given, name=f"{name}_{way}", features=named)], strategy=strategy)
    found = {row["number"]: row for row in joined.collect()}
    assert len(found) == len(label_rows)
    for number, k, city, at in label_rows:
        for name, (key, per, taken) in SPECIFICATIONS.items():
            results = [tuple(found[number][f"{name}_{way}_{feature}"] for feature in FEATURES) for way in taken]
            assert len(set(map(str, results))) == 1, (name, results)
            values = {"k": k, "city": city}
            expected = counted(rows, at, {each: values[each] for each in key}, per) if at <= START + 20 * HOUR else None
            assert results[0][0] == expected, (name, number)


def test_few_labels_leave_out_no_row_that_replaces_another_one(spark: SparkSession, tmp_path: Path) -> None:
    """Rows with other keys than those of a few labels are not read further, but they may have replaced rows with these keys."""
    rows = world(Random(8))
    frame = frame_of(spark, rows)
    at = START + 13 * HOUR
    labels = spark.createDataFrame([(k, city, at) for k, city in (("a", "r"), ("b", "s"))], "k string, city string, t timestamp")
    assert len(rows) >= 50 * 2
    given = {"stored": stored_frame(frame, tmp_path / "stored", ("k",), 1), "fresh_until": at}
    for name, (key, per, _) in SPECIFICATIONS.items():
        features = {name: FEATURES["count"]}
        labels = point_in_time_join(labels, "t", [AggregateRows(name, frame, ("k",), key, features, one_event_per=per, **given)])
    for row in labels.collect():
        for name, (key, per, _) in SPECIFICATIONS.items():
            assert row[name] == counted(rows, at, {each: row[each] for each in key}, per), name


def test_the_planner_chooses_a_way_and_says_why(spark: SparkSession, tmp_path: Path) -> None:
    frame = frame_of(spark, world(Random(7)))
    labels = spark.createDataFrame([], "k string, city string, t timestamp")
    stored = {buckets: stored_frame(frame, tmp_path / str(buckets), ("k",), buckets, told=1000) for buckets in (1, 4)}
    of_city = AggregateRows("seen", frame, ("k",), ("city",), FEATURES)
    by_entity = replace(of_city, key=("k",))
    only_spark = "k is not null and upper(k) = 'A'"
    chosen = [
        (replace(by_entity, stored=stored[4]), "bucketed", "in 4 buckets by the same key: only the labels are shuffled"),
        (replace(of_city, stored=stored[1]), "bucketed", "in one bucket: each task reads all of them"),
        (replace(of_city, stored=stored[4]), "shuffled", "the buckets are by k, but the aggregates by city"),
        (replace(by_entity, stored=stored[4], where=only_spark), "shuffled", "only Spark can evaluate the condition"),
        (by_entity, "shuffled", "shuffled once, since the rows come from a DataFrame"),
        (of_city, "shuffled", "they are shuffled by k, to see which are in force, and with the labels by city"),
        (replace(by_entity, stored=stored[4], one_event_per=("event",)), "shuffled", "an event is named by event"),
    ]
    for rows, strategy, why in chosen:
        [choice] = choose_strategies(labels, [rows])
        assert choice.strategy == strategy
        assert why in choice.why
        assert choice.why.endswith(" of events of 6 hours, of 9 hours, of any time, of the newest 3 rows")
        assert "; reads value, kind" in choice.why
    with pytest.raises(StrategyError, match="aggregates of seen: the buckets are by k, but the aggregates by city"):
        choose_strategies(labels, [replace(of_city, stored=stored[4])], "bucketed")


def test_a_sum_that_does_not_fit_is_told_in_words(spark: SparkSession) -> None:
    rows = frame_of(spark, world(Random(7))).withColumn("value", F.lit(2**62))
    labels = spark.createDataFrame([("a", START + 24 * HOUR)], "k string, t timestamp")
    summed = AggregateRows("seen", rows, ("k",), ("k",), {"total": sum_of("value")}, fresh_until=START + 99 * HOUR)
    with pytest.raises(LargeSumError, match="aggregate total: the sum of the rows in a window does not fit into"), sums_told():
        point_in_time_join(labels, "t", [summed]).collect()


def test_a_condition_that_spark_refuses_is_told_before_a_job_starts(spark: SparkSession) -> None:
    frame = frame_of(spark, world(Random(7)))
    labels = spark.createDataFrame([], "k string, t timestamp")
    for text, reason in {"no_such(k) = 1": "UNRESOLVED_ROUTINE", "upper(k)": "returns string, not true or false"}.items():
        rows = AggregateRows("seen", frame, ("k",), ("k",), {"n": count(where=text)})
        with pytest.raises(DefinitionError, match=f"aggregates of seen: .*{reason}"):
            point_in_time_join(labels, "t", [rows])
