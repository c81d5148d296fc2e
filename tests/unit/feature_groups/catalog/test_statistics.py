"""The statistics of a batch against plain Python, and the table that keeps those of every commit."""

import math
import random
import statistics as python_statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate import FeatureGroup, FeatureStore, Field
from tidegate.erasure.impact import people_places
from tidegate.errors import DefinitionError
from tidegate.feature_groups.catalog.measures import PROBABILITIES
from tidegate.feature_groups.catalog.statistics import (
    FeatureStatistics,
    Quantile,
    TopValue,
    feature_statistics,
    statistics_columns,
)
from tidegate.feature_groups.catalog.statistics_table import SCHEMA, CommitStatistics, record_statistics, statistics_frame
from tidegate.tables.read import current_version, read_table
from tidegate.tables.store import Store

pytestmark = pytest.mark.slow

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
Value = float | int | Decimal


def group(*features: Field, **changes: object) -> FeatureGroup:
    key = Field("station", T.StringType(), "station id")
    given = {"name": "air", "version": 2, "entity_key": ("station",), "fields": (key, *features), "description": "x", **changes}
    return FeatureGroup(**given)  # type: ignore[arg-type]


def frame(spark: SparkSession, of: FeatureGroup, rows: Sequence[tuple[object, ...]]) -> DataFrame:
    """Rows of the group's fields, with an event_time, all counted."""
    schema = T.StructType([T.StructField(field.name, field.type) for field in of.fields])
    return spark.createDataFrame(list(rows), schema).withColumns({"event_time": F.lit(NOON), "_counted": F.lit(True)})


def counted(rows: DataFrame, of: FeatureGroup, condition: str = "_counted") -> dict[str, FeatureStatistics]:
    """What one aggregate over the rows says, by feature."""
    found = rows.agg(F.count(F.lit(1)).alias("read"), *statistics_columns(of, condition)).first()
    assert found is not None
    return {each.feature: each for each in feature_statistics(of, found)}


def only(spark: SparkSession, kind: T.DataType, values: Sequence[object]) -> FeatureStatistics:
    """What is said of one feature that has these values."""
    of = group(Field("it", kind, "x"))
    return counted(frame(spark, of, [(f"s{place}", value) for place, value in enumerate(values)]), of)["it"]


def oracle(kind: str, values: Sequence[Value | None], measured: Sequence[Value]) -> FeatureStatistics:
    """The same by sorting: a quantile is the first value that so many values are not above."""
    ordered = sorted(measured)
    quantiles = [float(ordered[math.ceil(share * len(ordered)) - 1]) for share in PROBABILITIES] if ordered else []
    return FeatureStatistics(
        "it",
        kind,
        rows=len(values),
        nulls=sum(value is None for value in values),
        minimum=float(ordered[0]) if ordered else None,
        maximum=float(ordered[-1]) if ordered else None,
        mean=python_statistics.fmean(ordered) if ordered else None,
        deviation=python_statistics.stdev(map(float, ordered)) if len(ordered) > 1 else None,
        quantiles=tuple(map(Quantile, PROBABILITIES, quantiles)),
    )


def assert_near(found: FeatureStatistics, expected: FeatureStatistics) -> None:
    """Equal, but for the last digits of mean and deviation."""
    for name in ("mean", "deviation"):
        value = getattr(expected, name)
        assert getattr(found, name) == (value if value is None else pytest.approx(value, rel=1e-9))
    assert replace(found, mean=None, deviation=None) == replace(expected, mean=None, deviation=None)


def test_doubles_without_nan_infinities_and_nulls_are_measured(spark: SparkSession) -> None:
    generator = random.Random(7)
    finite = [generator.gauss(50, 20) for _ in range(1_000)]
    values = [*finite, None, None, math.nan, math.inf, -math.inf, math.nan]
    generator.shuffle(values)
    expected = replace(oracle("double", values, finite), not_finite=4)
    found = only(spark, T.DoubleType(), values)
    assert_near(found, replace(expected, minimum_text=repr(min(finite)), maximum_text=repr(max(finite))))
    assert found.null_share == 2 / 1_006


@pytest.mark.parametrize("values", [[], [None, None], [math.nan, None, math.inf]])
def test_doubles_without_a_finite_value_have_counts_alone(spark: SparkSession, values: list[float | None]) -> None:
    not_finite = sum(value is not None for value in values)
    expected = FeatureStatistics("it", "double", len(values), values.count(None), not_finite)
    found = only(spark, T.DoubleType(), values)
    assert found == expected
    assert found.null_share == (values.count(None) / len(values) if values else None)


def test_one_double_has_no_deviation_and_numbers_beyond_a_double_no_mean(spark: SparkSession) -> None:
    one = only(spark, T.DoubleType(), [-2.5])
    assert (one.mean, one.deviation, one.minimum, one.maximum) == (-2.5, None, -2.5, -2.5)
    assert {quantile.value for quantile in one.quantiles} == {-2.5}
    huge = only(spark, T.DoubleType(), [1.7e308, 1.7e308, -1.0])
    assert (huge.mean, huge.deviation, huge.minimum, huge.maximum_text) == (None, None, -1.0, "1.7e+308")


def test_floats_are_measured_as_the_doubles_they_are(spark: SparkSession) -> None:
    found = only(spark, T.FloatType(), [0.5, 0.25, math.nan])
    assert (found.not_finite, found.minimum, found.maximum, found.mean, found.minimum_text) == (1, 0.25, 0.5, 0.375, "0.25")


@pytest.mark.parametrize("kind", [T.ByteType(), T.ShortType(), T.IntegerType(), T.LongType()])
def test_whole_numbers_are_measured_and_their_values_counted(spark: SparkSession, kind: T.DataType) -> None:
    numbers = [place % 50 - 20 for place in range(120)]
    expected = oracle(kind.simpleString(), [*numbers, None], numbers)
    expected = replace(expected, minimum_text="-20", maximum_text="29", distinct=50)
    assert_near(only(spark, kind, [*numbers, None]), expected)


def test_long_edges_stand_exact_in_text(spark: SparkSession) -> None:
    edges = [-(2**63), 2**63 - 1, 2**53 + 1]
    found = only(spark, T.LongType(), edges)
    assert (found.minimum, found.maximum) == (-(2.0**63), 2.0**63)
    assert (found.minimum_text, found.maximum_text) == ("-9223372036854775808", "9223372036854775807")
    assert found.mean == pytest.approx(2.0**53 / 3, abs=1_000)


def test_decimals_of_all_scales_stand_exact_in_text_and_overflow_nothing(spark: SparkSession) -> None:
    tiny = [Decimal("0.000000000000000001"), Decimal("-0.000000000000000002"), None]
    found = only(spark, T.DecimalType(38, 18), tiny)
    expected = oracle("decimal(38,18)", tiny, [value for value in tiny if value is not None])
    assert_near(found, replace(expected, minimum_text="-0.000000000000000002", maximum_text="0.000000000000000001"))
    most = Decimal("9" * 38)
    huge = only(spark, T.DecimalType(38, 0), [most] * 30)
    assert (huge.maximum_text, huge.maximum, huge.mean) == ("9" * 38, 1e38, pytest.approx(1e38))


def test_large_batches_keep_extremes_and_have_quantiles_nearly_right(spark: SparkSession) -> None:
    # Ten times what a sketch holds, so that it has thrown values away; the extremes lie inside.
    rows = 20_000
    of = group(*[Field(f"f{place}", T.DoubleType(), "x") for place in range(5)])
    shuffled = [((F.col("id") * 7_919 + place * 13) % rows).cast("double").alias(f"f{place}") for place in range(5)]
    numbers = spark.range(0, rows, 1, 3).select(F.lit("s").alias("station"), *shuffled)
    found = counted(numbers.withColumn("event_time", F.lit(NOON)), of, "true")
    for place in range(5):
        each = found[f"f{place}"]
        assert (each.rows, each.minimum, each.maximum, each.mean) == (rows, 0.0, rows - 1.0, (rows - 1) / 2)
        assert [quantile.value / rows for quantile in each.quantiles] == pytest.approx(PROBABILITIES, abs=0.004)


def test_booleans_have_the_share_that_is_true(spark: SparkSession) -> None:
    found = only(spark, T.BooleanType(), [True, False, False, False, None])
    assert found == FeatureStatistics("it", "boolean", 5, 1, true_share=0.25)


def test_texts_have_lengths_and_the_most_frequent_values(spark: SparkSession) -> None:
    # As many different values as are shown and two more; the empty text is one of them.
    values = [text for place in range(12) for text in ["a" * place] * (place + 1)]
    top = [TopValue(text, count) for text, count in Counter(values).most_common()][:10]
    found = only(spark, T.StringType(), [*values, *[None] * 40])
    expected = FeatureStatistics("it", "string", len(values) + 40, 40, shortest=0, longest=11, distinct=12, top=tuple(top))
    assert found == expected


def test_texts_of_equal_frequency_stand_in_order_and_long_ones_are_cut(spark: SparkSession) -> None:
    long = "é" * 79
    found = only(spark, T.StringType(), ["b", "a", f"{long}é", f"{long}éé", f"{long}éèè", "<b>"])
    values = [TopValue(f"{long}…", 2), TopValue("<b>", 1), TopValue("a", 1), TopValue("b", 1), TopValue(f"{long}é", 1)]
    assert (found.top, found.longest, found.distinct) == (tuple(values), 82, 6)


def test_unique_texts_have_no_frequent_value_and_a_near_number(spark: SparkSession) -> None:
    of = group(Field("it", T.StringType(), "x"))
    rows = spark.range(0, 20_000, 1, 2).select(F.lit("s").alias("station"), F.col("id").cast("string").alias("it"))
    frequent = F.when(F.col("it").endswith("7"), "seven").otherwise(F.col("it"))
    found = counted(rows.withColumn("event_time", F.lit(NOON)), of, "true")
    assert found["it"].top == ()
    assert found["it"].distinct == pytest.approx(20_000, rel=0.06)
    found = counted(rows.withColumn("event_time", F.lit(NOON)).withColumn("it", frequent), of, "true")
    assert [value.value for value in found["it"].top] == ["seven"]
    assert found["it"].top[0].count == pytest.approx(2_000, abs=60)


def test_dates_and_timestamps_have_their_ends_in_seconds_and_as_text(spark: SparkSession) -> None:
    found = only(spark, T.DateType(), [date(1969, 12, 31), None, date(2024, 2, 29)])
    ends = {"minimum_text": "1969-12-31", "maximum_text": "2024-02-29"}
    leap_day = datetime(2024, 2, 29, tzinfo=UTC).timestamp()
    assert found == FeatureStatistics("it", "date", 3, 1, minimum=-86_400.0, maximum=leap_day, **ends)
    moments = [datetime(2024, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC), datetime(2023, 12, 31, tzinfo=UTC)]
    ends = {"minimum_text": "2023-12-31 00:00:00", "maximum_text": "2024-01-01 00:00:00.25"}
    seconds = {"minimum": moments[1].timestamp(), "maximum": moments[0].timestamp()}
    assert only(spark, T.TimestampType(), moments) == FeatureStatistics("it", "timestamp", 2, 0, **seconds, **ends)
    naive = [moment.replace(tzinfo=None) for moment in moments]
    assert only(spark, T.TimestampNTZType(), naive) == FeatureStatistics("it", "timestamp_ntz", 2, 0, **seconds, **ends)


def test_times_beyond_python_are_measured_too(spark: SparkSession) -> None:
    of = group(Field("day", T.DateType(), "x"), Field("moment", T.TimestampType(), "x"))
    far = {"day": F.date_from_unix_date(F.lit(2**31 - 1)), "moment": F.timestamp_micros(F.lit(2**63 - 1))}
    found = counted(spark.range(1).withColumns({"station": F.lit("s"), "event_time": F.lit(NOON), **far}), of, "true")
    assert found["day"].maximum_text == "+5881580-07-11"
    assert found["day"].maximum == (2**31 - 1) * 86_400.0
    assert found["moment"].maximum_text == "+294247-01-10 04:00:54.775807"


def test_other_types_have_counts_alone(spark: SparkSession) -> None:
    kinds = (
        T.ArrayType(T.DoubleType()),
        T.MapType(T.StringType(), T.LongType()),
        T.StructType([T.StructField("a", T.LongType())]),
        T.BinaryType(),
        T.ArrayType(T.DateType()),
    )
    values = ([1.0], {"a": 1}, Row(a=1), b"\x00\xff", None)
    of = group(*[Field(f"f{place}", kind, "x") for place, kind in enumerate(kinds)])
    found = counted(frame(spark, of, [("s1", *values), ("s2", *[None] * 5)]), of)
    for place, kind in enumerate(kinds):
        assert found[f"f{place}"] == FeatureStatistics(f"f{place}", kind.simpleString(), 2, 2 if place == 4 else 1)


def test_keys_have_frequencies_alone_and_event_time_its_ends(spark: SparkSession) -> None:
    key = (Field("station", T.StringType(), "x"), Field("sensor", T.IntegerType(), "x"), Field("tag", T.BinaryType(), "x"))
    of = group(fields=key, entity_key=("station", "sensor", "tag"))
    found = counted(frame(spark, of, [("a", 7, b"1"), ("a", 7, b"2"), ("b", 9, b"3")]), of)
    assert found["station"] == FeatureStatistics("station", "string", 3, 0, distinct=2, top=(TopValue("a", 2), TopValue("b", 1)))
    assert found["sensor"] == FeatureStatistics("sensor", "int", 3, 0, distinct=2, top=(TopValue("7", 2), TopValue("9", 1)))
    assert found["tag"] == FeatureStatistics("tag", "binary", 3, 0)
    assert list(found) == ["station", "sensor", "tag", "event_time"]
    noon = {"minimum": NOON.timestamp(), "maximum": NOON.timestamp()}
    texts = {"minimum_text": "2024-01-01 12:00:00", "maximum_text": "2024-01-01 12:00:00"}
    assert found["event_time"] == FeatureStatistics("event_time", "timestamp", 3, 0, **noon, **texts)


def test_rows_are_counted_where_the_condition_is_true(spark: SparkSession) -> None:
    of = group(
        *[Field(name, T.DoubleType(), "x") for name in ("a-b:c", "it?s<odd>")],
        *[Field("named", T.StringType(), "x"), Field("on", T.BooleanType(), "x"), Field("whole", T.IntegerType(), "x")],
    )
    inner = [("s1", 1.0, 5.0, "a", True, 1), ("s2", 3.0, None, "a", True, 3)]
    outer = [("s3", math.inf, -9.0, "bbbb", False, -9), ("s4", None, 9.0, None, False, 99)]
    rows = frame(spark, of, [*inner, *outer]).withColumn("_counted", F.col("station").isin("s1", "s2"))
    rows = rows.withColumn("_counted", F.when(F.col("station") != "s4", F.col("_counted")))
    assert counted(rows, of) == counted(rows.where("_counted"), of)
    assert counted(rows, of, "station = 's1' OR station = 's2'") == counted(rows, of)
    assert counted(rows, of)["it?s<odd>"].rows == 2
    assert (counted(rows, of)["a-b:c"].maximum, counted(rows, of)["named"].longest) == (3.0, 1)
    nobody = counted(rows, of, "false")
    assert {(each.rows, each.nulls, each.maximum, each.distinct or 0) for each in nobody.values()} == {(0, 0, None, 0)}


PERSON = (Field("patient", T.StringType(), "id"), Field("street", T.StringType(), "x"), Field("age", T.IntegerType(), "x"))


def commit_of(spark: SparkSession, version: int, pulse: float, recorded_at: datetime = NOON) -> CommitStatistics:
    of = group(*PERSON, Field("pulse", T.DoubleType(), "x"), subject="patient", personal=("street", "age"))
    rows = [("ward", "Anna-Maria", "Lindenstrasse", 123_457, pulse), ("ward", "Zacharias", "Ahornweg", 765_431, pulse)]
    found = counted(frame(spark, of, rows), of)
    return CommitStatistics(of, version, f"day-{version}", recorded_at, tuple(found.values()))


def test_personal_columns_are_in_no_row_and_no_file(spark: SparkSession, tmp_path: Path) -> None:
    store = Store.open(spark, str(tmp_path))
    record_statistics(store, [commit_of(spark, 1, 61.25)])
    rows = statistics_frame(store).collect()
    assert [row.feature for row in rows] == ["event_time", "pulse", "station"]
    table = read_table(spark, store.layout.statistics)
    words = ["Anna", "Zach", "Lind", "Ahorn", "1234", "7654", "patient", "street", "age"]
    for row in table.select(F.to_json(F.struct("*")).alias("json")).collect():
        assert [word for word in words if word in row.json] == []
    files = [path for path in (tmp_path / "statistics").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".parquet", ".json"}
    for path in files:
        if path.suffix == ".json":
            # The schema of the table and Delta's own names hold no such word either, but for parts of `storage` and so on.
            assert [word for word in words[:6] if word in path.read_text()] == []
        else:
            assert [word for word in words[:6] if word.encode() in path.read_bytes()] == []
    assert [each.table.path for each in people_places(store)] == []


def test_statistics_come_back_as_they_were_recorded(spark: SparkSession, tmp_path: Path) -> None:
    store = FeatureStore(spark, str(tmp_path))
    assert store.catalog.statistics().schema == SCHEMA
    assert store.catalog.statistics().count() == 0
    assert not (tmp_path / "statistics").exists()
    record_statistics(store.handle, [])
    assert not (tmp_path / "statistics").exists()

    first = commit_of(spark, 1, 61.25)
    other = CommitStatistics(group(version=3), 1, None, NOON, (FeatureStatistics("station", "string", 0, 0),))
    record_statistics(store.handle, [other, first])
    assert current_version(spark, store.layout.statistics) == 1  # one commit for both, after the one that made the table
    assert read_table(spark, store.layout.statistics).schema == SCHEMA
    pulse = store.catalog.statistics(first.group).where("feature = 'pulse'").first()
    assert pulse is not None
    assert pulse.asDict(recursive=True) == {
        **dict.fromkeys(SCHEMA.names),
        "group": "air",
        "group_version": 2,
        "table_version": 1,
        "batch": "day-1",
        "recorded_at": NOON.replace(tzinfo=None),
        "feature": "pulse",
        "type": "double",
        "rows": 2,
        "nulls": 0,
        "null_share": 0.0,
        "not_finite": 0,
        "minimum": 61.25,
        "maximum": 61.25,
        "minimum_text": "61.25",
        "maximum_text": "61.25",
        "mean": 61.25,
        "deviation": 0.0,
        "quantiles": [{"probability": share, "value": 61.25} for share in PROBABILITIES],
        "top": [],
    }
    (station,) = store.catalog.statistics(other.group).collect()
    assert (station.group_version, station.batch, station.rows, station.null_share) == (3, None, 0, None)
    assert [(row.group_version, row.feature) for row in store.catalog.statistics().collect()] == [
        *[(2, "event_time"), (2, "pulse"), (2, "station"), (3, "station")],
    ]


def test_statistics_of_a_commit_count_once_and_the_first_record_stays(spark: SparkSession, tmp_path: Path) -> None:
    store = Store.open(spark, str(tmp_path))
    later = NOON.replace(hour=13)
    record_statistics(store, [commit_of(spark, 1, 60.0)])
    record_statistics(store, [commit_of(spark, 1, 99.0, later), commit_of(spark, 2, 70.0, later)])
    record_statistics(store, [commit_of(spark, 2, 70.0, later)])
    found = statistics_frame(store).where("feature = 'pulse'").collect()
    assert [(row.table_version, row.mean) for row in found] == [(1, 60.0), (2, 70.0)]


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(DefinitionError, match="recorded_at of statistics is 2024-01-01T12:00:00, which has no time zone"):
        CommitStatistics(group(), 1, None, NOON.replace(tzinfo=None), ())
