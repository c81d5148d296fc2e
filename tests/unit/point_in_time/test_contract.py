"""The contract of the point-in-time join, line by line, on a few rows each: by windows and in arrays."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.errors import JoinTypeError, MissingColumnsError, NameClashError, SchemaMismatchError, TiedRowsError
from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.join import point_in_time_join
from tidegate.point_in_time.planner import Strategy
from tidegate.point_in_time.ties import ties_told


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 1, 1, hour, minute, tzinfo=UTC)


def labels_of(spark: SparkSession, *rows: tuple[object, ...]) -> DataFrame:
    return spark.createDataFrame(list(rows), "station string, t timestamp, note string")


def readings_of(spark: SparkSession, *rows: tuple[object, ...]) -> DataFrame:
    return spark.createDataFrame(list(rows), "station string, event_time timestamp, available_at timestamp, pm25 double")


def joined_by(strategy: Strategy, labels: DataFrame, readings: DataFrame, **options: object) -> DataFrame:
    chosen = {"lookback": timedelta(hours=6), **options}
    rows = FeatureRows("air", readings, ("station",), {"pm25": "pm25"}, **chosen)  # type: ignore[arg-type]
    return point_in_time_join(labels, "t", [rows], strategy=strategy)


def joined(labels: DataFrame, readings: DataFrame, **options: object) -> DataFrame:
    """By windows, after a look whether the arrays give the same."""
    native, windows = (joined_by(strategy, labels, readings, **options) for strategy in ("shuffled", "union window"))
    assert_df_equality(native, windows, ignore_row_order=True, ignore_nullable=True)
    return windows


def assert_joined(actual: DataFrame, expected: list[tuple[object, ...]]) -> None:
    frame = actual.sparkSession.createDataFrame(expected, "station string, t timestamp, note string, pm25 double")
    assert_df_equality(actual, frame, ignore_row_order=True, ignore_nullable=True)


def test_join_keeps_every_label_row_once_repeated_and_unmatched_ones_too(spark: SparkSession) -> None:
    labels = labels_of(spark, ("a", at(5), "x"), ("a", at(5), "x"), ("b", at(5), None), (None, at(5), "y"), ("a", None, "z"))
    readings = readings_of(spark, ("a", at(4), at(4), 1.0), (None, at(4), at(4), 9.0))
    expected = [("a", at(5), "x", 1.0), ("a", at(5), "x", 1.0), ("b", at(5), None, None), (None, at(5), "y", None)]
    assert_joined(joined(labels, readings), [*expected, ("a", None, "z", None)])


@pytest.mark.parametrize("strategy", ["shuffled", "union window", "interval", "broadcast", "sliced"])
def test_join_of_no_label_is_empty(spark: SparkSession, strategy: Strategy) -> None:
    labels = labels_of(spark, ("a", at(5), "x")).where("note = 'y'")
    assert_joined(joined_by(strategy, labels, readings_of(spark, ("a", at(4), at(4), 1.0))), [])


def test_join_gives_null_to_a_label_before_all_features(spark: SparkSession) -> None:
    readings = readings_of(spark, ("a", at(3), at(3), 1.0))
    assert_joined(joined(labels_of(spark, ("a", at(1), "x")), readings), [("a", at(1), "x", None)])


def test_join_does_not_see_a_value_before_it_was_known(spark: SparkSession) -> None:
    readings = readings_of(spark, ("a", at(3), at(3), 1.0), ("a", at(4), at(6), 2.0))
    labels = labels_of(spark, ("a", at(5), "before"), ("a", at(6), "at"), ("a", at(7), "after"))
    assert_joined(joined(labels, readings), [("a", at(5), "before", 1.0), ("a", at(6), "at", 2.0), ("a", at(7), "after", 2.0)])


def test_join_with_exclusive_boundary_leaves_out_what_became_known_at_the_label_time(spark: SparkSession) -> None:
    readings = readings_of(spark, ("a", at(3), at(3), 1.0), ("a", at(4), at(6), 2.0))
    labels = labels_of(spark, ("a", at(6), "at"), ("a", at(6, 1), "after"))
    actual = joined(labels, readings, boundary="exclusive")
    assert_joined(actual, [("a", at(6), "at", 1.0), ("a", at(6, 1), "after", 2.0)])


def test_join_lets_no_late_row_overtake_a_newer_event(spark: SparkSession) -> None:
    readings = readings_of(spark, ("a", at(4), at(4), 4.0), ("a", at(2), at(5), 2.0))
    assert_joined(joined(labels_of(spark, ("a", at(6), "x")), readings), [("a", at(6), "x", 4.0)])


def test_join_takes_the_later_known_of_two_values_of_one_event(spark: SparkSession) -> None:
    readings = readings_of(spark, ("a", at(2), at(2), 1.0), ("a", at(2), at(5), 1.5))
    labels = labels_of(spark, ("a", at(4), "first"), ("a", at(5), "corrected"))
    assert_joined(joined(labels, readings), [("a", at(4), "first", 1.0), ("a", at(5), "corrected", 1.5)])


def test_join_gives_null_for_a_winner_that_is_too_old_and_not_an_older_one(spark: SparkSession) -> None:
    readings = readings_of(spark, ("a", at(1), at(1), 1.0), ("a", at(4), at(4), 4.0))
    labels = labels_of(spark, ("a", at(9, 59), "young"), ("a", at(10), "exactly six hours"))
    assert_joined(joined(labels, readings), [("a", at(9, 59), "young", 4.0), ("a", at(10), "exactly six hours", None)])


def test_join_keeps_a_null_of_the_newest_row(spark: SparkSession) -> None:
    readings = readings_of(spark, ("a", at(3), at(3), 3.0), ("a", at(4), at(4), None))
    assert_joined(joined(labels_of(spark, ("a", at(5), "x")), readings), [("a", at(5), "x", None)])


def test_join_counts_the_delay_where_no_knowledge_time_is_stored(spark: SparkSession) -> None:
    readings = readings_of(spark, ("a", at(3), None, 3.0), ("a", at(4), None, 4.0)).drop("available_at")
    actual = joined(labels_of(spark, ("a", at(5), "x")), readings, delay=timedelta(minutes=90))
    assert_joined(actual, [("a", at(5), "x", 3.0)])


def test_join_compares_composite_keys_as_tuples(spark: SparkSession) -> None:
    labels = spark.createDataFrame([(11, 1, at(5)), (1, 11, at(5))], "k1 int, k2 int, t timestamp")
    rows = spark.createDataFrame([(1, 11, at(4), 7)], "k1 int, k2 int, event_time timestamp, v int")
    inputs = [FeatureRows("pair", rows, ("k1", "k2"), {"v": "v"}, timedelta(days=1))]
    expected = spark.createDataFrame([(11, 1, at(5), None), (1, 11, at(5), 7)], "k1 int, k2 int, t timestamp, v int")
    assert_df_equality(point_in_time_join(labels, "t", inputs), expected, ignore_row_order=True, ignore_nullable=True)


def test_join_orders_ties_by_the_sequence_column(spark: SparkSession) -> None:
    columns = "station string, event_time timestamp, available_at timestamp, pm25 double, line int"
    readings = spark.createDataFrame([("a", at(4), at(4), 2.0, 2), ("a", at(4), at(4), 1.0, 1)], columns)
    assert_joined(joined(labels_of(spark, ("a", at(5), "x")), readings, sequence="line"), [("a", at(5), "x", 2.0)])


@pytest.mark.parametrize("strategy", ["shuffled", "union window", "interval", "sliced"])
def test_join_refuses_ties_without_a_sequence(spark: SparkSession, strategy: Strategy) -> None:
    readings = readings_of(spark, ("a", at(4), at(4), 2.0), ("a", at(4), at(4), 1.0))
    with pytest.raises(TiedRowsError, match=r"group air have the same entity key, event_time .2024-01-01 04"), ties_told():
        joined_by(strategy, labels_of(spark, ("a", at(5), "x")), readings).collect()


def test_join_passes_every_type_through(spark: SparkSession) -> None:
    labels = spark.createDataFrame([("a", at(5))], "station string, t timestamp")
    rows = labels.selectExpr("station", "t - INTERVAL 1 HOUR AS event_time", "binary('x') AS b", "map('k', 1) AS m").withColumns(
        {
            "a": F.expr("array(1, NULL)"),
            "s": F.expr("named_struct('x', 1.5D)"),
            "d": F.expr("1.10BD"),
            "day": F.expr("date'2024-01-01'"),
        }
    )
    names = ("b", "m", "a", "s", "d", "day")
    inputs = [FeatureRows("all", rows, ("station",), {name: name for name in names}, timedelta(days=1))]
    actual = point_in_time_join(labels, "t", inputs)
    assert [actual.schema[name].dataType for name in names] == [rows.schema[name].dataType for name in names]
    found = actual.select(*names).collect()[0]
    assert found.d == Decimal("1.10")
    assert (found.b, found.m, found.a, found.s.x) == (bytearray(b"x"), {"k": 1}, [1, None], 1.5)


def test_join_says_which_row_it_chose(spark: SparkSession) -> None:
    readings = readings_of(spark, ("a", at(3), at(4), 3.0))
    rows = FeatureRows("air", readings, ("station",), {"pm25": "pm25"}, timedelta(hours=6))
    found = point_in_time_join(labels_of(spark, ("a", at(5), "x")), "t", [rows], provenance=True).collect()[0]
    assert (found.air__event_time.hour, found.air__available_at.hour) == (3, 4)


def test_join_of_groups_with_other_keys_takes_each_from_its_own(spark: SparkSession) -> None:
    labels = spark.createDataFrame([("a", "x", at(5))], "station string, city string, t timestamp")
    cities = spark.createDataFrame([("x", at(4), 10.0)], "city string, event_time timestamp, pm25 double")
    stations = spark.createDataFrame([("a", at(4), 1.0)], "station string, event_time timestamp, pm25 double")
    inputs = [
        FeatureRows("city", cities, ("city",), {"pm25": "city_pm25"}, timedelta(days=1)),
        FeatureRows("station", stations, ("station",), {"pm25": "pm25"}, timedelta(days=1)),
    ]
    actual = point_in_time_join(labels, "t", inputs)
    assert actual.columns == ["station", "city", "t", "city_pm25", "pm25"]
    assert tuple(actual.select("city_pm25", "pm25").collect()[0]) == (10.0, 1.0)


def test_join_refuses_keys_of_two_types(spark: SparkSession) -> None:
    readings = readings_of(spark, ("1", at(3), at(3), 1.0)).withColumn("station", F.col("station").cast("int"))
    with pytest.raises(JoinTypeError, match="station is string in the labels but int in the features"):
        joined(labels_of(spark, ("1", at(5), "x")), readings)


def test_join_refuses_two_columns_of_one_name(spark: SparkSession) -> None:
    readings = readings_of(spark, ("a", at(3), at(3), 1.0)).withColumnRenamed("pm25", "note")
    rows = FeatureRows("air", readings, ("station",), {"note": "note"}, timedelta(hours=6))
    with pytest.raises(NameClashError, match="two columns of the name note"):
        point_in_time_join(labels_of(spark, ("a", at(5), "x")), "t", [rows])


def test_join_refuses_a_missing_feature(spark: SparkSession) -> None:
    rows = FeatureRows("air", readings_of(spark), ("station",), {"pm": "pm"}, timedelta(hours=6))
    with pytest.raises(MissingColumnsError, match="feature group air: missing column.* pm; .*Did you mean 'pm25'"):
        point_in_time_join(labels_of(spark), "t", [rows])


def test_join_refuses_a_time_without_a_zone(spark: SparkSession) -> None:
    labels = labels_of(spark, ("a", at(5), "x")).withColumn("t", F.col("t").cast("timestamp_ntz"))
    with pytest.raises(SchemaMismatchError, match="column t is timestamp_ntz"):
        joined(labels, readings_of(spark, ("a", at(3), at(3), 1.0)))
