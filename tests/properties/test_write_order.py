"""Batches in every order, replayed and overlapping, give one table: that of the oracle. All cases in one table, by a case id."""

import random
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Literal

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.properties.write_oracle import Observation, as_known, collapsed
from tests.writing import write_rows

from tidegate import FeatureGroup, FeatureStore, Field
from tidegate.feature_groups.read import collapsed as collapsed_rows
from tidegate.feature_groups.writing import write
from tidegate.feature_groups.writing.write_sizes import WriteSizes
from tidegate.tables.read import read_table

pytestmark = pytest.mark.slow

START = datetime(2024, 1, 1, tzinfo=UTC)
FIELDS = (
    Field("case", T.StringType(), "generated case"),
    Field("key", T.StringType(), "entity"),
    Field("value", T.IntegerType(), "feature"),
)
SCHEMA = "case string, key string, value int, event_time timestamp, available_at timestamp, _tombstone boolean"
BATCHES = 5
Case = tuple[tuple[Observation, ...], ...]


def moment(hours: int) -> datetime:
    return START + timedelta(hours=hours)


def generated(seed: int) -> Case:
    """Five overlapping batches of few keys and events, so that everything meets everything; one is a replay of others."""
    draw = random.Random(seed)

    def observation() -> Observation:
        key, event, known = draw.choice("ab"), draw.randrange(3), draw.randrange(6)
        # One truth for each moment: two values of one moment would be refused.
        value = random.Random(f"{seed} {key} {event} {known}").choice([1, 2, None])
        return Observation(key, event, known, value)

    batches = [tuple(observation() for _ in range(draw.randrange(7))) for _ in range(BATCHES - 1)]
    return (*batches, (*batches[0], *batches[2]))


def told_once(case: Case, history: str) -> Case:
    """The case without what a batch says twice of one observation: for the latest ones, of one event."""
    names = {"latest": ("key", "event"), "all": ("key", "event", "known")}[history]
    told = ({tuple(getattr(seen, name) for name in names): seen for seen in batch} for batch in case)
    return tuple(tuple(batch.values()) for batch in told)


def every_case(once: str | None) -> dict[str, tuple[Case, tuple[int, ...]]]:
    """Name, batches and order: one scenario in all 120 orders, and two hundred others in an order of their own."""
    orders = list(permutations(range(BATCHES)))
    cases = {f"order_{place}": (generated(0), order) for place, order in enumerate(orders)}
    cases |= {f"scenario_{seed}": (generated(seed), orders[seed % len(orders)]) for seed in range(1, 201)}
    return {name: (told_once(case, once) if once else case, order) for name, (case, order) in cases.items()}


def batch_frame(spark: SparkSession, cases: dict[str, tuple[Case, tuple[int, ...]]], step: int) -> DataFrame:
    rows = [
        (name, seen.key, seen.value, moment(seen.event), moment(seen.known), seen.value is None)
        for name, (batches, order) in cases.items()
        for seen in batches[order[step]]
    ]
    return spark.createDataFrame(rows, SCHEMA)


def sizes_of(way: str) -> WriteSizes:
    """Limits with which rows are replaced in one of the ways, whatever the size of the table."""
    return WriteSizes(
        small_table=WriteSizes.small_table if way == "rewrite" else -1,
        copied_rows=-1 if way in ("marks", "merge") else WriteSizes.copied_rows,
        may_mark=way != "merge",
    )


def attempts_in_order(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Say of each attempt to write a batch whether its rows were put in order first."""
    attempts: list[bool] = []
    admit = write.admit
    monkeypatch.setattr(write, "admit", lambda ordered, side: (attempts.append(ordered.in_order), admit(ordered, side))[1])
    return attempts


@pytest.mark.parametrize(
    ("history", "expected_rows", "way", "once"),
    [
        ("latest", 0, "rewrite", False),
        pytest.param("latest", 4_000_000, "rewrite", True, marks=pytest.mark.evidence),
        ("latest", 4_000_000, "marks", True),
        ("latest", 4_000_000, "copies", False),
        ("latest", 0, "merge", True),
        ("all", 4_000_000, "append", False),
        pytest.param("all", 4_000_000, "append", True, marks=pytest.mark.evidence),
    ],
)
def test_batches_in_any_order_give_the_table_of_the_oracle(
    spark: SparkSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    history: Literal["latest", "all"],
    expected_rows: int,
    way: str,
    once: bool,
) -> None:
    attempts = attempts_in_order(monkeypatch)
    group = FeatureGroup("cases", 1, ("case", "key"), FIELDS, "cases", history=history, expected_rows=expected_rows)
    store, cases = FeatureStore(spark, str(tmp_path)), every_case(history if once else None)
    for step in range(BATCHES):
        written = write_rows(store, group, batch_frame(spark, cases, step), sizes=sizes_of(way))
        assert written.read == sum(written.counts.values()) > 0
    # Rows are put in order only where an event has several of them.
    assert attempts.count(True) == (0 if once else BATCHES)
    hours = ((F.unix_seconds(name) - F.lit(START.timestamp()).cast("long")) / 3600 for name in ("event_time", "available_at"))
    columns = ["case", "key", *(column.cast("int") for column in hours), "value"]

    def by_case(rows: DataFrame) -> dict[str, set[tuple[object, ...]]]:
        found: dict[str, set[tuple[object, ...]]] = {name: set() for name in cases}
        for case, *row in rows.select(*columns).collect():
            found[case].add(tuple(row))
        return found

    seen = {name: [observation for batch in batches for observation in batch] for name, (batches, _) in cases.items()}
    assert by_case(store.read(group)) == {name: as_known(observations, 99) for name, observations in seen.items()}
    logs = Path(store.layout.feature_group(group.full_name), "_delta_log").glob("*.json")
    # A compaction says that it is one.
    written_log = "".join(text for log in logs if '\\"compacted' not in (text := log.read_text()))
    merged, marked, anew = (text in written_log for text in ('"operation":"MERGE"', '"deletionVector":{', '"mode":"Overwrite"'))
    assert (merged, marked and not merged, anew) == (way == "merge", way == "marks", way in ("rewrite", "copies"))
    if history == "latest":
        return
    stored = read_table(spark, store.layout.feature_group(group.full_name))
    assert by_case(collapsed_rows(stored, group)) == {name: collapsed(observations) for name, observations in seen.items()}
    for hour in (0, 2, 4):
        expected = {name: as_known(observations, hour) for name, observations in seen.items()}
        assert by_case(store.as_known(group, moment(hour))) == expected
