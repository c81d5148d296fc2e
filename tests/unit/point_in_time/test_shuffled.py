"""What one shuffle sends to native code, and that filters on its result change no value."""

from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.join import point_in_time_join

START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def joined(spark: SparkSession) -> DataFrame:
    """Labels at three hours of two entities, joined with a row every hour; later rows have smaller values."""
    hours = [START + timedelta(hours=hour) for hour in range(3)]
    made = [(key, hour, 10.0 * key - place) for key in (1, 2) for place, hour in enumerate(hours)]
    rows = spark.createDataFrame(made, "id int, event_time timestamp, v double")
    # Arrow has no type for an interval of months, days and microseconds.
    rows = rows.withColumn("span", F.expr("make_interval(0, 0, 0, int(v))"))
    asked = [(key, hour, f"{key} {place}") for key in (1, 2, None) for place, hour in enumerate(hours)]
    labels = spark.createDataFrame(asked, "id int, t timestamp, text string")
    features = {"v": "v", "span": "for how long", "event_time": "when"}
    return point_in_time_join(labels, "t", [FeatureRows("g", rows, ("id",), features, None)], strategy="shuffled")


def test_a_filter_on_the_result_leaves_every_value_as_it_is(joined: DataFrame) -> None:
    text = F.col("text").alias("text")
    shown = [text, F.col("v").cast("string").alias("v"), F.col("`for how long`").cast("string").alias("span")]
    parts = {
        "all": joined,
        "v": joined.where("v >= 9"),
        "text": joined.where("text = '2 1'"),
        "few": joined.where("id = 1").limit(2),
    }
    frames = [frame.select(F.lit(name).alias("part"), *shown) for name, frame in parts.items()]
    union = frames[0].union(frames[1]).union(frames[2]).union(frames[3])
    found: dict[str, list[tuple[str, str | None, str | None]]] = {name: [] for name in parts}
    for row in union.collect():
        found[row["part"]].append((row["text"], row["v"], row["span"]))
    values = [(1, 0, 10), (1, 1, 9), (1, 2, 8), (2, 0, 20), (2, 1, 19), (2, 2, 18)]
    expected = [(f"{key} {place}", f"{value}.0", f"{value} days") for key, place, value in values]
    without = [(f"None {place}", None, None) for place in range(3)]
    assert sorted(found["all"], key=lambda each: each[0]) == [*expected, *without]
    assert sorted(found["v"]) == [each for each in expected if each[1] != "8.0"]
    assert found["text"] == [expected[4]]
    assert len(found["few"]) == 2
    assert set(found["few"]) < set(expected[:3])


def test_features_stay_with_spark_and_are_shuffled_once(joined: DataFrame) -> None:
    plan = joined._jdf.queryExecution().executedPlan().toString().splitlines()
    [native] = [line for line in plan if "ArrowEvalPython" in line]
    assert "_features" not in native.partition("[")[2].partition("]")[0]
    assert len([line for line in plan if "Exchange" in line]) == 1
