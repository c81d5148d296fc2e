"""Rows that the driver made, written without a Spark job."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.hidden_names import hidden

from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.commits.few_rows import append_few
from tidegate.tables.create import TableShape, create_table
from tidegate.tables.delta_log.files import logged_files
from tidegate.tables.internals.names import COMMIT, PrivateNames
from tidegate.tables.read import current_version, file_count, read_table, table_history, table_tokens
from tidegate.tables.write import append_rows

pytestmark = pytest.mark.slow

_TOP = T.StructType([T.StructField("value", T.StringType()), T.StructField("count", T.LongType())])
TYPES: dict[str, T.DataType] = {
    "name": T.StringType(),
    "at": T.TimestampType(),
    "day": T.DateType(),
    "count": T.LongType(),
    "few": T.IntegerType(),
    "share": T.DoubleType(),
    "price": T.DecimalType(20, 3),
    "good": T.BooleanType(),
    "details": T.MapType(T.StringType(), T.StringType()),
    "tops": T.ArrayType(_TOP),
    "bytes": T.BinaryType(),
}
SCHEMA = T.StructType([T.StructField(name, kind) for name, kind in TYPES.items()])
NOON = datetime(2024, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
FULL = (
    "ä",
    NOON,
    date(1, 1, 1),
    1 << 62,
    -7,
    float("nan"),
    Decimal("12345678901234567.891"),
    True,
    {"a": "b", "c": None},
    [{"value": "x", "count": 3}],
    bytearray(b"\x00\xff"),
)
EMPTY = (None,) * len(SCHEMA)


@pytest.fixture
def path(spark: SparkSession, tmp_path: Path) -> str:
    path = str(tmp_path / "table")
    create_table(spark, path, TableShape(SCHEMA))
    return path


@pytest.mark.parametrize("gone", [(), (COMMIT,)], ids=["own transaction", "public writer"])
def test_values_of_every_type_are_read_as_if_spark_had_written_them(
    spark: SparkSession, path: str, gone: tuple[PrivateNames, ...]
) -> None:
    with hidden(spark, *gone):
        append_few(spark, path, [FULL, EMPTY], SCHEMA, Commit("token", {"why": "test"}))
    append_rows(spark.createDataFrame([FULL, EMPTY], SCHEMA).coalesce(1), path)
    rows = [tuple(map(str, row)) for row in read_table(spark, path, 2).collect()]
    full, empty = (tuple(map(str, row)) for row in spark.createDataFrame([FULL, EMPTY], SCHEMA).collect())
    assert sorted(rows) == sorted([full, full, empty, empty])
    assert [len(tuple(filter(None, row))) for row in read_table(spark, path, 1).collect()].count(0) == 1
    [noted] = table_history(spark, path).where("version = 1").select("userMetadata", "operation").collect()
    assert (json.loads(noted.userMetadata), noted.operation, table_tokens(spark, path)) == ({"why": "test"}, "WRITE", ["token"])


@pytest.mark.parametrize("gone", [(), (COMMIT,)], ids=["own transaction", "public writer"])
def test_the_session_of_the_caller_stays_the_active_one(spark: SparkSession, path: str, gone: tuple[PrivateNames, ...]) -> None:
    with hidden(spark, *gone):
        append_few(spark, path, [EMPTY], SCHEMA)
    assert SparkSession.getActiveSession() is spark
    # Delta asks the active session of the JVM whether a commit has statistics.
    append_rows(spark.range(1).select(*[F.lit(None).cast(kind).alias(name) for name, kind in TYPES.items()]), path)
    assert sorted(file.rows for file in logged_files(spark, path)) == ([1, 1] if not gone else [0, 1])


@pytest.mark.parametrize(("gone", "told"), [((), {"numRecords": 1}), ((COMMIT,), {})], ids=["own transaction", "public writer"])
def test_the_log_has_no_value_of_them(
    spark: SparkSession, path: str, gone: tuple[PrivateNames, ...], told: dict[str, int]
) -> None:
    with hidden(spark, *gone):
        append_few(spark, path, [FULL], SCHEMA)
    log = Path(path, "_delta_log", "00000000000000000001.json").read_text()
    [added] = [json.loads(line)["add"] for line in log.splitlines() if '"add"' in line]
    assert json.loads(added.get("stats") or "{}") == told
    assert added["size"] == Path(path, added["path"]).stat().st_size


def test_a_flipped_bit_in_their_file_is_found(spark: SparkSession, path: str) -> None:
    append_few(spark, path, [("a person" * 20, *EMPTY[1:])], SCHEMA)
    [file] = Path(path).glob("*.parquet")
    content = bytearray(file.read_bytes())
    content[content.index(b"person")] ^= 1
    file.write_bytes(content)
    # Hadoop's own checksum beside the file would find it first.
    next(Path(path).glob(".*.parquet.crc")).unlink()
    with pytest.raises(Exception, match="(?i)crc|checksum"):
        read_table(spark, path, 1).collect()


def test_no_rows_and_rows_of_other_columns_leave_nothing_behind(spark: SparkSession, path: str) -> None:
    with pytest.raises(RuntimeError, match="rows of struct<name:string>"):
        append_few(spark, path, [("a",)], T.StructType(SCHEMA.fields[:1]))
    append_few(spark, path, [], SCHEMA)
    assert (current_version(spark, path), file_count(spark, path), list(Path(path).glob("*.parquet"))) == (0, 0, [])
