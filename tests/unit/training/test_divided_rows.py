"""The parts of rows: whole groups by key, whatever the order of the rows; by time, without rows that reach into the next part."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import (
    Aggregates,
    ByKey,
    ByTime,
    FeatureChoice,
    FeatureGroup,
    FeatureView,
    Field,
    FutureLabels,
    WalkForward,
    count,
    every,
)
from tidegate.datasets.split_rules import SplitRule
from tidegate.datasets.splits import TimeSplit
from tidegate.moments import micros_of, moment_of
from tidegate.training.divided_rows import divide, divided_rows

pytestmark = pytest.mark.slow

SHOP, PRICE = Field("shop", T.StringType(), "shop"), Field("price", T.DoubleType(), "price", "EUR")
SALES = FeatureGroup("sales", 1, ("shop",), (SHOP, PRICE), "sales", immutable=True, delay=timedelta(hours=6))
COMING = FutureLabels(SALES, timedelta(days=2), {"sold": count()})
SPINE = every(SALES, "1 day", "18:00", "UTC")
VIEW = FeatureView("shops", 1, SPINE, COMING, ("sold",), (FeatureChoice(SALES, ("price",), timedelta(days=9)),))
WEEKLY = FeatureView("weekly", 1, SPINE, COMING, ("sold",), (Aggregates(SALES, {"of_week": count(window=timedelta(days=7))}),))
SPLIT = TimeSplit(*(datetime(2024, 1, day, tzinfo=UTC) for day in (1, 14, 23, 31)))
GROUPS = 2_000


def parts(cases: Mapping[str, tuple[DataFrame, SplitRule | None, FeatureView]]) -> dict[str, list[tuple[str, int]]]:
    """Return the part and the id of each row that a part has, for every case, in one Spark job."""
    frames = [
        part.select(F.lit(case).alias("case"), F.lit(name).alias("part"), F.col("id"))
        for case, (rows, rule, view) in cases.items()
        for name, part in divided_rows(rows, divide(rule, SPLIT, view), view).named().items()
    ]
    found = defaultdict(list)
    for row in reduce(DataFrame.unionAll, frames).collect():
        found[row["case"]].append((row["part"], row["id"]))
    return {case: sorted(each) for case, each in found.items()}


def test_rows_divided_by_key_keep_groups_whole_and_shares_whatever_the_order_of_the_rows(spark: SparkSession) -> None:
    rows = spark.range(3 * GROUPS).select(
        "id",
        F.concat(F.lit("shop "), F.col("id") % GROUPS).alias("shop"),
        F.when(F.col("id") % 10 != 0, F.col("id") % 7 + 0.5).alias("price"),
    )
    found = parts({
        "shops": (rows, ByKey(), VIEW),
        "shuffled": (rows.repartition(5, "price").sortWithinPartitions(F.desc("id")), ByKey(), VIEW),
        "other seed": (rows, ByKey(seed=-1), VIEW),
        "other shares": (rows, ByKey(shares=(0.1, 0.2, 0.7)), VIEW),
        "prices": (rows, ByKey(("price",)), VIEW),
    })  # fmt: skip
    # Every row is in one part, and all rows of a shop are in the same one.
    for case, divided in found.items():
        assert sorted(each for _, each in divided) == list(range(3 * GROUPS)), case
    of_shop = {case: {(each % GROUPS, part) for part, each in divided} for case, divided in found.items()}
    assert all(len(of_shop[case]) == GROUPS for case in ("shops", "other seed", "other shares"))
    for case, shares in (("shops", (0.6, 0.2, 0.2)), ("other seed", (0.6, 0.2, 0.2)), ("other shares", (0.1, 0.2, 0.7))):
        counted = Counter(part for part, _ in found[case])
        measured = [counted[part] / (3 * GROUPS) for part in ("train", "validation", "test")]
        assert measured == pytest.approx(shares, abs=0.03), case
    assert found["shuffled"] == found["shops"]
    # Two divisions by 60, 20 and 20 % that know nothing of each other agree on 44 % of the shops.
    assert len(of_shop["shops"] & of_shop["other seed"]) / GROUPS == pytest.approx(0.44, abs=0.05)
    # A missing price is a group of its own.
    assert len({(each % 7 if each % 10 else None, part) for part, each in found["prices"]}) == 8


@pytest.mark.parametrize("seed", range(2))
def test_rows_divided_by_time_leave_out_those_that_reach_into_the_next_part(spark: SparkSession, seed: int) -> None:
    chance, gap = random.Random(seed), timedelta(hours=chance_hours(seed))
    cases = {
        "default": (None, VIEW, timedelta(0)),
        "no gap": (ByTime(), VIEW, timedelta(0)),
        "folds": (WalkForward(2), VIEW, timedelta(0)),
        "label": (ByTime("automatic"), VIEW, timedelta(days=2, hours=6)),
        "window": (ByTime("automatic"), WEEKLY, timedelta(days=7)),
        "given": (ByTime(gap), VIEW, gap),
    }
    borders = [end - reach for end in (SPLIT.train_end, SPLIT.validation_end) for *_, reach in cases.values()]
    times = [micros_of(each) + step for each in (*borders, SPLIT.start, SPLIT.end) for step in (-1, 0, 1)]
    times += [chance.randrange(micros_of(SPLIT.start), micros_of(SPLIT.end)) for _ in range(200)]
    frame = spark.createDataFrame([(each,) for each in times], "id BIGINT").withColumn("event_time", F.timestamp_micros("id"))

    def expected(micros: int, reach: timedelta) -> str | None:
        """The part in which the row lies, unless its label or its windows reach into the next one."""
        at = moment_of(micros)
        parted = (
            ("train", SPLIT.start, SPLIT.train_end, reach),
            ("validation", SPLIT.train_end, SPLIT.validation_end, reach),
            ("test", SPLIT.validation_end, SPLIT.end, timedelta(0)),
        )
        return next((part for part, start, end, left in parted if start <= at < end and at + left < end), None)

    found = parts({case: (frame, rule, view) for case, (rule, view, _) in cases.items()})
    for case, (_, _, reach) in cases.items():
        wanted = sorted((part, each) for each in times if (part := expected(each, reach)) is not None)
        assert found[case] == wanted, case


def chance_hours(seed: int) -> int:
    return random.Random(seed).randrange(1, 200)
