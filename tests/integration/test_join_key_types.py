"""Entity keys of every atomic type and of one to four columns, by every strategy against what a dictionary finds."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T
from tests.stored_frames import stored_frame

from tidegate.point_in_time.feature_rows import FeatureRows
from tidegate.point_in_time.join import point_in_time_join
from tidegate.point_in_time.planner import STRATEGIES

NAN = float("nan")
# Of each type some values, the awkward ones among them.
VALUES: dict[T.DataType, list[object]] = {
    T.BooleanType(): [True, False],
    T.ByteType(): [-128, 127, 0, 1],
    T.ShortType(): [-32_768, 32_767, 0, 1],
    T.IntegerType(): [-(2**31), 2**31 - 1, 0, 1],
    T.LongType(): [-(2**63), 2**63 - 1, 0, 1],
    T.FloatType(): [NAN, float("inf"), 0.0, 0.1],
    T.DoubleType(): [NAN, float("-inf"), 0.0, 0.1],
    T.DecimalType(38, 10): [Decimal("9" * 28 + ".0000000001"), Decimal("-0.0000000001"), Decimal(0), Decimal("1.1")],
    T.StringType(): ["", "a\x00", "\U0001f30a", "1"],
    T.BinaryType(): [b"", b"\x00", b"\xff\xfe", b"1"],
    T.DateType(): [date(1, 1, 1), date(9999, 12, 31), date(1970, 1, 1), date(2024, 2, 29)],
    T.TimestampType(): [
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(2024, 6, 1, 12, 0, 0, 1, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
    ],
    T.TimestampNTZType(): [datetime(1, 1, 2), datetime(2024, 6, 1, 12, 0, 0, 1), datetime(1970, 1, 1)],  # noqa: DTZ001  # by its type
}
# A join takes half a second by each strategy: few combinations that have every type in them.
COMBINATIONS = (
    (T.DecimalType(38, 10),),
    (T.IntegerType(), T.StringType()),
    (T.FloatType(), T.DoubleType(), T.BooleanType()),
    (T.ByteType(), T.BinaryType(), T.DateType(), T.ShortType()),
    (T.TimestampType(), T.TimestampNTZType(), T.LongType(), T.BooleanType()),
)
START = datetime(2024, 1, 1, tzinfo=UTC)


def keys_of(kinds: tuple[T.DataType, ...]) -> list[tuple[object, ...]]:
    """Tuples whose parts run through their values at different speeds, so that parts repeat where tuples differ."""
    return [
        tuple(VALUES[kind][number // (place + 1) % len(VALUES[kind])] for place, kind in enumerate(kinds)) for number in range(12)
    ]


def text_of(key: tuple[object, ...]) -> str:
    return repr([0.0 if part == 0 and isinstance(part, float) else part for part in key])


@pytest.mark.slow
@pytest.mark.parametrize("kinds", COMBINATIONS, ids=lambda kinds: "-".join(kind.simpleString() for kind in kinds))
def test_keys_of_every_type_match_as_tuples(spark: SparkSession, tmp_path: Path, kinds: tuple[T.DataType, ...]) -> None:
    names = tuple(f"key{place}" for place in range(len(kinds)))
    keys = list({text_of(key): key for key in keys_of(kinds)}.values())
    asked = [*keys, *[(None, *key[1:]) for key in keys[:1]]]
    # -0.0 is the same number as 0.0.
    asked = [tuple(-0.0 if part == 0 and isinstance(part, float) else part for part in key) for key in asked]
    stored = {text_of(key): number for number, key in enumerate(keys[:-1])}
    fields = [T.StructField(name, kind) for name, kind in zip(names, kinds, strict=True)]
    times = [T.StructField(name, T.TimestampType()) for name in ("event_time", "available_at")]
    schema = T.StructType([*fields, *times, T.StructField("value", T.IntegerType())])
    rows = [(*key, START, START, number) for number, key in enumerate(keys[:-1])]
    frame = spark.createDataFrame([*rows, (None, *keys[0][1:], START, START, 99)], schema)
    labels = [(*key, START + timedelta(days=1), place) for place, key in enumerate(asked)]
    label_schema = T.StructType([*fields, T.StructField("t", T.TimestampType()), T.StructField("place", T.IntegerType())])
    label_frame = spark.createDataFrame(labels, label_schema).repartition(2)
    plain = FeatureRows("rows", frame, names, {"value": "value"}, timedelta(days=30))
    files = stored_frame(frame, tmp_path / "rows", names, 4)
    wanted = {place: stored.get(text_of(key)) for place, key in enumerate(asked)}
    assert sum(value is not None for value in wanted.values()) == len(keys) - 1
    for strategy in STRATEGIES:
        used = replace(plain, stored=files) if strategy == "bucketed" else plain
        found = point_in_time_join(label_frame, "t", [used], strategy=strategy).collect()
        assert {row.place: row.value for row in found} == wanted, strategy
