"""What the planner chooses, from schemas and a table's log alone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.errors import StrategyError
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.planner import MOST_FEATURES_SHUFFLED, choose_strategies
from tidegate.point_in_time.stored_rows import MOST_ROWS_READ_BY_ALL, StoredFile, StoredRows

LABELS = "id long, t timestamp"


def group(spark: SparkSession, stored: StoredRows | None = None) -> FeatureRows:
    frame = spark.createDataFrame([], "id long, event_time timestamp, available_at timestamp, v double")
    return FeatureRows("readings", frame, ("id",), {"v": "v"}, timedelta(days=1), stored=stored)


def lying(rows: int, buckets: int, why_not: str | None = None) -> StoredRows:
    return StoredRows({0: (StoredFile("/nowhere", rows, None, None),)}, buckets, False, why_not)


def labels(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([], LABELS)


@pytest.mark.parametrize(
    ("stored", "strategy", "why"),
    [
        (None, "shuffled", "any frame"),
        (lying(5_000_000, 16), "bucketed", "only the labels are shuffled"),
        (lying(1_000, 1), "bucketed", "each task reads all of them"),
        (lying(MOST_ROWS_READ_BY_ALL + 1, 1), "shuffled", "rebucket"),
        (lying(5_000_000, 16, "3 files hold marked rows"), "shuffled", "3 files hold marked rows"),
        (lying(1_000, 1, "Arrow can't open hdfs://"), "broadcast", "Arrow can't open hdfs://"),
    ],
)
def test_planner_chooses_and_says_why(spark: SparkSession, stored: StoredRows | None, strategy: str, why: str) -> None:
    choice = choose_strategies(labels(spark), [group(spark, stored)])[0]
    assert choice.strategy == strategy
    assert why in choice.why


def test_planner_takes_windows_where_a_label_column_does_not_go_through_arrow(spark: SparkSession) -> None:
    odd = labels(spark).withColumn("span", F.expr("make_interval(1)"))
    choice = choose_strategies(odd, [group(spark, lying(5_000_000, 16))])[0]
    assert (choice.strategy, "column span has type interval" in choice.why) == ("union window", True)


def test_planner_shuffles_features_of_any_type(spark: SparkSession) -> None:
    rows = group(spark)
    odd = replace(rows, frame=rows.frame.withColumn("v", F.expr("make_interval(1)")))
    assert choose_strategies(labels(spark), [odd])[0].strategy == "shuffled"
    stored = choose_strategies(labels(spark), [replace(odd, stored=lying(5_000_000, 16))])[0]
    assert (stored.strategy, "column v has type interval" in stored.why) == ("shuffled", True)


def test_planner_takes_windows_for_frames_with_many_features(spark: SparkSession) -> None:
    """With tombstones, all rows pass through native code before the windows see them, so one shuffle is taken at any width."""
    rows = group(spark)
    names = [f"v{place}" for place in range(MOST_FEATURES_SHUFFLED + 1)]
    frame = rows.frame.select("*", *[F.lit(1.0).alias(name) for name in names])
    wide = replace(rows, frame=frame, features={name: name for name in names})
    narrow = replace(wide, features={name: name for name in names[1:]})
    with_tombstones = replace(wide, frame=frame.withColumn("_tombstone", F.lit(False)))
    in_buckets = replace(wide, stored=lying(5_000_000, 16))
    chosen = choose_strategies(labels(spark), [wide, narrow, with_tombstones, in_buckets])
    assert [choice.strategy for choice in chosen] == ["union window", "shuffled", "shuffled", "bucketed"]
    assert chosen[0].why.endswith(
        f"since it has {len(names)} features, and above {len(names) - 1} they are faster than one shuffle"
    )


def test_planner_does_as_it_is_told(spark: SparkSession) -> None:
    assert choose_strategies(labels(spark), [group(spark, lying(10, 1))], "interval")[0].strategy == "interval"


def test_planner_refuses_a_strategy_that_is_none(spark: SparkSession) -> None:
    with pytest.raises(
        StrategyError,
        match="'sort of': there is no strategy of this name. Available strategies: bucketed, shuffled, interval, union window",
    ):
        choose_strategies(labels(spark), [group(spark)], "sort of")  # type: ignore[arg-type]


def test_planner_refuses_arrays_for_a_column_that_does_not_go_through_arrow(spark: SparkSession) -> None:
    odd = labels(spark).withColumn("span", F.expr("make_interval(1)"))
    with pytest.raises(StrategyError, match="'shuffled': feature group readings: column span has type interval"):
        choose_strategies(odd, [group(spark)], "shuffled")


def test_planner_refuses_buckets_for_a_frame(spark: SparkSession) -> None:
    with pytest.raises(StrategyError, match="'bucketed': feature group readings: its rows come from a DataFrame"):
        choose_strategies(labels(spark), [group(spark)], "bucketed")


def test_stored_file_matters_as_far_as_its_times_reach() -> None:
    file = StoredFile("/f", 1, known_from=100, latest_event=5_000)
    assert file.matters(oldest_event=5_999, last_moment=100)  # the log cuts to milliseconds
    assert not file.matters(oldest_event=6_000, last_moment=100)
    assert not file.matters(oldest_event=0, last_moment=99)
    assert replace(file, known_from=None, latest_event=None).matters(10**18, -(10**18))
