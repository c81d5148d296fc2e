"""Join generated cases by every strategy, and compare each label with the oracle."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from pyspark.sql import DataFrame, Row, SparkSession
from tests.properties.point_in_time_cases import Case
from tests.properties.point_in_time_oracle import Observation, known_value
from tests.stored_frames import stored_frame

from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.join import point_in_time_join
from tidegate.point_in_time.planner import Strategy

KEY = ("case_id", "number", "word")
ROWS = "case_id int, number int, word string, event_time timestamp, available_at timestamp, value int, sequence int, gone boolean"
DELAY = timedelta(minutes=90)
# So few that tasks hold most of the rows in files.
CELLS_AT_ONCE = 3_000


@dataclass(frozen=True)
class Way:
    """How the rows of the cases are used by one of the joined groups."""

    name: str
    lookback: timedelta
    inclusive: bool
    kind: str = "plain"

    def observations(self, case: Case) -> list[Observation]:
        """What the oracle is to see of a case."""
        if self.kind == "no rows":
            return []
        if self.kind == "tombstones":
            return case.rows
        rows = [replace(row, tombstone=False) for row in case.rows]
        if self.kind == "sequence":
            # As many rows of one moment as it takes: the sequence orders them.
            return rows + [replace(row, sequence=row.sequence + 5, value=-1) for row in rows if row.value is not None]
        if self.kind == "delay":
            events = {(row.key, row.event_time): row for row in rows}
            return [replace(row, available_at=row.event_time + DELAY) for row in events.values()]
        return rows


WAYS = (
    Way("short", timedelta(hours=3), inclusive=True),
    Way("long_exclusive", timedelta(days=2), inclusive=False),
    Way("standing", timedelta(days=2), inclusive=True, kind="tombstones"),
    Way("standing_exclusive", timedelta(hours=3), inclusive=False, kind="tombstones"),
    Way("ordered", timedelta(days=30), inclusive=True, kind="sequence"),
    Way("delayed", timedelta(days=2), inclusive=True, kind="delay"),
    Way("never_written", timedelta(days=2), inclusive=True, kind="no rows"),
)
# Strategy and, for stored rows, in how many buckets.
STRATEGIES: tuple[tuple[Strategy, int], ...] = (
    ("union window", 0),
    ("shuffled", 0),
    ("interval", 0),
    ("broadcast", 0),
    ("sliced", 0),
    ("bucketed", 1),
    ("bucketed", 9),
)


def assert_every_strategy_equals_the_oracle(spark: SparkSession, folder: Path, made: list[Case]) -> int:
    """Return how many values were compared with the oracle's."""
    labels = [
        (case_id, place, *key, moment) for case_id, case in enumerate(made) for place, (key, moment) in enumerate(case.labels)
    ]
    label_frame = spark.createDataFrame(labels, "case_id int, place int, number int, word string, t timestamp")
    inputs = [feature_rows(spark, way, made) for way in WAYS]
    expected = {}
    for way in WAYS:
        for case_id, case in enumerate(made):
            seen = way.observations(case)
            for place, (key, moment) in enumerate(case.labels):
                expected[case_id, place, way.name] = described(known_value(seen, key, moment, way.lookback, way.inclusive))
    for strategy, buckets in STRATEGIES:
        used = [with_files(rows, folder / uuid4().hex, buckets) for rows in inputs] if buckets else inputs
        with in_small_parts(spark):
            found = point_in_time_join(label_frame, "t", used, provenance=True, strategy=strategy).collect()
        assert sorted((row.case_id, row.place) for row in found) == [(label[0], label[1]) for label in labels], strategy
        for row in found:
            for way in WAYS:
                wanted = expected[row.case_id, row.place, way.name]
                assert chosen(row, way) == wanted, (strategy, way, made[row.case_id], row)
    return len(expected) * len(STRATEGIES)


@contextmanager
def in_small_parts(spark: SparkSession) -> Iterator[None]:
    """Let rows come to Python in batches of so few that the others go through files."""
    setting = "spark.sql.execution.arrow.maxRecordsPerBatch"
    before = spark.conf.get(setting)
    spark.conf.set(setting, 200)
    yield
    spark.conf.set(setting, before)


def feature_rows(spark: SparkSession, way: Way, made: list[Case]) -> FeatureRows:
    rows = [
        (case_id, *row.key, row.event_time, row.available_at, row.value, row.sequence, row.tombstone)
        for case_id, case in enumerate(made)
        for row in way.observations(case)
    ]
    # Rows of one entity are to come in different parts.
    random.Random(1).shuffle(rows)
    unused = {
        "tombstones": ["sequence"],
        "sequence": ["_tombstone"],
        "delay": ["available_at", "_tombstone"],
        "plain": ["_tombstone"],
        "no rows": ["_tombstone"],
    }
    return FeatureRows(
        name=way.name,
        frame=spark.createDataFrame(rows, ROWS).withColumnRenamed("gone", "_tombstone").drop(*unused[way.kind]),
        entity_key=KEY,
        features={"value": f"value_{way.name}"},
        lookback=way.lookback,
        boundary="inclusive" if way.inclusive else "exclusive",
        delay=DELAY,
        sequence="sequence" if way.kind == "sequence" else None,
        cells_at_once=CELLS_AT_ONCE,
    )


def with_files(rows: FeatureRows, folder: Path, buckets: int) -> FeatureRows:
    """The same rows as files; stored rows always say when they became known."""
    frame: DataFrame = rows.frame.withColumn("available_at", rows.known_at)
    # Files that are said to be large are joined one by one; a sequence orders rows that no table holds twice.
    told = CELLS_AT_ONCE if rows.sequence is None else 0
    return replace(rows, frame=frame, stored=stored_frame(frame, folder, rows.entity_key, buckets, told))


def chosen(row: Row, way: Way) -> tuple[object, datetime | None, datetime | None]:
    times = (row[f"{way.name}__event_time"], row[f"{way.name}__available_at"])
    return (row[f"value_{way.name}"], *times)


def described(row: Observation | None) -> tuple[object, datetime | None, datetime | None]:
    if row is None:
        return (None, None, None)
    # Spark hands timestamps back without a zone; the process counts in UTC.
    return (row.value, row.event_time.replace(tzinfo=None), row.available_at.replace(tzinfo=None))
