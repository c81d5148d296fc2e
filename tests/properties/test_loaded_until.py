"""How far groups are loaded, for generated records of loads in any order, against a plain computation."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyspark.sql import SparkSession

from tidegate.feature_groups.loaded_until import SCHEMA, _moments
from tidegate.moments import EPOCH

CASES, MOST_RECORDS, DAY = 250, 7, 24
KINDS = (("days",), ("look",), ("days", "rows"), ("look", "rows"), ("days", "said"), ("days", "look", "rows", "said"))


@dataclass(frozen=True)
class Record:
    """One record of a load. Times are hours after 1970."""

    kind: str
    until: int
    since: int | None = None
    source: str | None = None


def generated(number: int) -> list[Record]:
    """Return records in the order in which they were made; the number of the case is the seed."""
    chance = random.Random(number)
    kinds = chance.choice(
        [("days",), ("look",), ("days", "rows"), ("look", "rows"), ("days", "said"), ("days", "look", "rows", "said")]
    )
    records = []
    for _ in range(chance.randint(1, MOST_RECORDS)):
        kind, until = chance.choice(kinds), chance.randrange(30, 300, 6)
        if kind == "days":
            first = chance.randint(0, 9)
            records.append(Record(kind, (first + chance.randint(1, 2)) * DAY, first * DAY))
        else:
            records.append(Record(kind, until, source=chance.choice("abc") if kind == "look" else None))
    return records


def expected(records: Sequence[Record]) -> int:
    """Return how far a group with these records is loaded."""
    managed = next((place for place, each in enumerate(records) if each.kind in ("days", "look")), len(records))
    records = [each for place, each in enumerate(records) if each.kind != "rows" or place < managed]
    others = [each for each in records if each.source is None]
    starts = [[each for each in others if each.since is None], others[:1]]
    return max([grown(start, others) for start in starts if start] + [looked(records[: n + 1]) for n in range(len(records))])


def grown(start: list[Record], records: list[Record]) -> int:
    """Return where the last day ends that follows the first loads without a gap."""
    inside = list(start)
    while True:
        reach = max(each.until + (DAY if each.kind == "rows" else 0) for each in inside)
        more = [each for each in records if each not in inside and each.since is not None and each.since <= reach]
        if not more:
            return max(each.until for each in inside)
        inside += more


def looked(records: Sequence[Record]) -> int:
    """Return up to when all sources were looked at that had been seen by then."""
    sources = {each.source for each in records if each.source is not None}
    return min((max(each.until for each in records if each.source == source) for source in sources), default=0)


def hours(number: int | None) -> datetime | None:
    return None if number is None else EPOCH + timedelta(hours=number)


def test_loads_are_put_together_as_a_plain_computation_does_and_never_move_back(spark: SparkSession) -> None:
    # The day after the newest row still follows it without a gap.
    edges = [[Record("rows", 48), Record("days", 72 + late + DAY, 72 + late)] for late in (0, 1)]
    cases = {f"case{n}_v1": records for n, records in enumerate([*edges, *map(generated, range(CASES))])}
    # Every start of a case is a case of its own: what a reader saw after each of its records.
    starts = {f"{name}_{count}": records[:count] for name, records in cases.items() for count in range(1, len(records) + 1)}
    rows = [
        (name, each.kind, each.source, hours(each.since), hours(each.until), 1, None, EPOCH + timedelta(seconds=place))
        for name, records in starts.items()
        for place, each in enumerate(records)
    ]
    random.Random(0).shuffle(rows)
    found = _moments(spark.createDataFrame(rows, SCHEMA))
    assert found == {name: hours(expected(records)) for name, records in starts.items()}
    for name, records in cases.items():
        moments = [found[f"{name}_{count}"] for count in range(1, len(records) + 1)]
        assert moments == sorted(moments), name
