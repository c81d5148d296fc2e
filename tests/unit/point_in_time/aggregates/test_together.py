"""Several choices over one group that can be computed as one: their rows are read, shuffled and sorted once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession

from tidegate import count, mean, sum_of
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.join import point_in_time_join
from tidegate.point_in_time.planner import choose_strategies
from tidegate.point_in_time.stored_rows import StoredFile, StoredRows

HOUR = timedelta(hours=1)
START = datetime(2024, 1, 1, tzinfo=UTC)
END = START + 24 * HOUR
SCHEMA = "k string, kind string, value int, unread string, event_time timestamp, available_at timestamp"


@pytest.fixture
def rows(spark: SparkSession) -> DataFrame:
    hours = [START + hour * HOUR for hour in range(20)]
    made = [("ab"[place % 2], "xyz"[place % 3], place, "-", hour, hour) for place, hour in enumerate(hours)]
    return spark.createDataFrame(made, SCHEMA)


def choices(rows: DataFrame, prefix: str = "") -> list[AggregateRows]:
    """Return choices with different conditions, windows, features and marks over the same rows."""
    plain = AggregateRows("seen", rows, ("k",), ("k",), {}, fresh_until=END)
    mine: list[AggregateRows] = []
    for kind, window in (("x", 3 * HOUR), ("y", None)):
        features = {"n": count(window=window), "total": sum_of("value", window=9 * HOUR, where="value > 2")}
        named = {f"{prefix}{kind}_{name}": each for name, each in features.items()}
        where = f"kind = '{kind}'"
        mine.append(replace(plain, name=f"seen_{kind}", features=named, where=where, mark=f"_{prefix}{kind}"))
    return [*mine, replace(plain, name="all", features={f"{prefix}mean": mean("value")})]


def exchanges(joined: DataFrame) -> list[str]:
    """Return the lines of the physical plan that send rows from task to task. No job runs."""
    plan = joined._jdf.queryExecution().executedPlan().toString()
    return [line for line in plan.splitlines() if "Exchange" in line]


def test_choices_over_one_group_have_the_values_of_each_alone(spark: SparkSession, rows: DataFrame) -> None:
    times = [START + hour * HOUR for hour in (0, 1, 2, 5, 11, 19, 23)]
    labels = spark.createDataFrame([(k, at) for k in ("a", "b", None) for at in times], "k string, t timestamp")
    joined = point_in_time_join(labels, "t", choices(rows))
    for each in choices(rows, "alone_"):
        joined = point_in_time_join(joined, "t", [each])
    found = joined.collect()
    assert len(found) == 21
    names = [name for name in joined.columns if "alone_" in name]
    assert len(names) == 7
    for name in names:
        assert [row[name] for row in found] == [row[name.replace("alone_", "")] for row in found], name
    assert len({(row["x_n"], row["y_n"], row["mean"], row["_x"]) for row in found}) > 5


def test_choices_over_one_group_share_one_shuffle_and_one_read(spark: SparkSession, rows: DataFrame) -> None:
    labels = spark.createDataFrame([], "k string, kind string, t timestamp")
    inputs = choices(rows)
    assert len(exchanges(point_in_time_join(labels, "t", inputs[:1]))) == 1
    assert len(exchanges(point_in_time_join(labels, "t", inputs))) == 1
    for other in ({"boundary": "exclusive"}, {"key": ("kind", "k")}, {"fresh_until": None}, {"anchor": "t"}):
        apart = [inputs[0], replace(inputs[1], **other)]  # type: ignore[arg-type]
        assert len(exchanges(point_in_time_join(labels, "t", apart))) == 2, other


def test_a_shuffle_takes_only_the_columns_that_an_aggregate_reads(spark: SparkSession) -> None:
    labels = spark.createDataFrame([], "k string, t timestamp")
    columns = (
        "'a' AS k, string(id) AS kind, int(id) AS value, timestamp_micros(id) AS event_time, timestamp_micros(id) AS available_at"
    )
    wide = [f"concat(id, 'unread') AS unread_{place}" for place in range(30)]
    joined = point_in_time_join(labels, "t", choices(spark.range(3).selectExpr(*columns.split(", "), *wide)))
    plan = joined._jdf.queryExecution().optimizedPlan().toString()
    assert "as int" in plan
    assert "unread" not in plan


def test_the_plan_names_the_choices_that_share_their_work(spark: SparkSession, rows: DataFrame) -> None:
    labels = spark.createDataFrame([], "k string, t timestamp")
    stored = StoredRows({0: (StoredFile("/nowhere", 9, None, None),)}, 4, keeps_all=False)
    inputs = choices(rows)
    shuffled = [each.why for each in choose_strategies(labels, inputs)]
    assert shuffled[0].endswith("; shares the read, the shuffle and the sort with seen_y, all")
    read_by_tasks = [replace(each, stored=stored) for each in inputs[:2]]
    # Tasks can't evaluate the condition of the third choice.
    only_spark = replace(inputs[2], stored=stored, where="upper(k) = 'A'")
    bucketed = [each.why for each in choose_strategies(labels, [*read_by_tasks, only_spark])]
    assert bucketed[1].endswith("; shares the read and the sort with seen_x")
    assert "shares" not in bucketed[2]
