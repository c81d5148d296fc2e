"""Parquet files that are none of a source's or damaged: refused by name before anything is written."""

import io
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate.errors import UnreadableFilesError, WrongFilesError
from tidegate.schema import Field
from tidegate.sources.folders import list_below
from tidegate.sources.formats.parquet import Parquet
from tidegate.sources.read_files import VERDICT, ReadFiles, read_files
from tidegate.sources.source import Source

pytestmark = pytest.mark.slow

FIELDS = (Field("k", T.StringType(), "key"), Field("v", T.DoubleType(), "value"), Field("t", T.TimestampType(), "time"))


def source(zone: str | None = None) -> Source:
    return Source("feed", FIELDS, Parquet(), zone=zone)


def read(spark: SparkSession, declared: Source, folder: Path) -> ReadFiles:
    return read_files(spark, declared, str(folder), list_below(spark, str(folder)))


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]


def miscounted(content: bytes) -> bytes:
    """Flip the bit of a Parquet file's footer that makes its two rows three, and nothing else."""
    for bit in range((len(content) - 1_000) * 8, len(content) * 8):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        # Whatever a footer with another bit makes pyarrow say.
        with suppress(Exception):
            found = pq.ParquetFile(io.BytesIO(changed)).metadata
            if found.num_row_groups == 1 and (found.num_rows, found.row_group(0).num_rows) == (2, 3):
                return bytes(changed)
    raise AssertionError("no such bit")


def table(kind: pa.DataType = pa.timestamp("us", tz="UTC"), **columns: pa.Array) -> pa.Table:  # noqa: B008
    moments = pa.array([1_577_836_800_000_000, 1_577_836_800_000_001], pa.int64())
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        moments = pa.array([1_577_836_800_000_000_001, 1_577_836_800_000_000_002], pa.int64())
    return pa.table({"k": ["x", "y"], "v": pa.array([1.5, None], pa.float64()), "t": moments.cast(kind), **columns})


def without(found: pa.Table, name: str) -> pa.Table:
    return found.drop_columns([name])


WRONG_TABLES: list[tuple[str, Callable[[], pa.Table], str]] = [
    ("nanoseconds", lambda: table(pa.timestamp("ns", tz="UTC")), "times in nanoseconds"),
    ("naive", lambda: table(pa.timestamp("us")), "column t holds times without a zone; declare the source's zone"),
    ("extra", lambda: table(w=pa.array([1, 2])), "extra column w"),
    ("missing", lambda: without(table(), "v"), "missing column v"),
    ("case", lambda: table().rename_columns(["K", "v", "t"]), "missing column k; extra column K"),
    ("type", lambda: without(table(), "v").append_column("v", pa.array([1, 2])), "column v is bigint, declared double"),
    (
        "float",
        lambda: without(table(), "v").append_column("v", pa.array([1, 2], pa.float32())),
        "column v is float, declared double",
    ),
    (
        "decimal",
        lambda: without(table(), "v").append_column("v", pa.array([Decimal("1.5"), None], pa.decimal128(38, 2))),
        "column v is decimal(38,2), declared double",
    ),
    (
        "day",
        lambda: without(table(), "t").append_column("t", pa.array([1, 2], pa.date32())),
        "column t is date, declared timestamp",
    ),
]


@pytest.mark.parametrize(("name", "make", "complaint"), WRONG_TABLES)
def test_a_parquet_file_of_other_columns_is_refused_by_name(
    spark: SparkSession, tmp_path: Path, name: str, make: Callable[[], pa.Table], complaint: str
) -> None:
    pq.write_table(table(), tmp_path / "good.parquet")
    pq.write_table(make(), tmp_path / f"{name}.parquet")
    with pytest.raises(WrongFilesError) as caught:
        read(spark, source(), tmp_path)
    assert f"{name}.parquet: " in str(caught.value)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("name", "damage", "complaint"),
    [
        ("cut", lambda content: content[: len(content) * 2 // 3], "it is not a Parquet file, or is cut off"),
        ("head_alone", lambda content: content[:10], "it is not a Parquet file, or is cut off"),
        ("footer", lambda content: flipped(content, len(content) - 6), "it is not a Parquet file|its footer can't be read"),
        ("text", lambda content: b"k,v,t\n" * 50, "it is not a Parquet file"),
        ("nothing", lambda content: b"", "it is not a Parquet file, or is cut off"),
        ("page", lambda content: flipped(content, 60), "can't be read"),
        ("count", lambda content: miscounted(content), "its footer counts rows that its columns don't have"),
    ],
)
def test_a_damaged_parquet_file_is_refused_by_name(
    spark: SparkSession, tmp_path: Path, name: str, damage: Callable[[bytes], bytes], complaint: str
) -> None:
    pq.write_table(table(), tmp_path / "good.parquet", write_page_checksum=True)
    content = (tmp_path / "good.parquet").read_bytes()
    (tmp_path / f"{name}.parquet").write_bytes(damage(content))
    with pytest.raises((WrongFilesError, UnreadableFilesError), match=complaint) as caught:
        read(spark, source(), tmp_path)
    assert f"{name}.parquet" in str(caught.value)


def test_times_without_a_zone_become_moments_where_the_zone_is_declared(spark: SparkSession, tmp_path: Path) -> None:
    pq.write_table(table(pa.timestamp("us")), tmp_path / "a.parquet")
    found = read(spark, source(zone="Asia/Kolkata"), tmp_path)
    rows = found.rows.selectExpr("k", "v", "unix_micros(t) AS t", "_line", VERDICT).orderBy("_line").collect()
    shift = 5 * 3600 + 30 * 60
    assert [tuple(row) for row in rows] == [
        ("x", 1.5, (1_577_836_800 - shift) * 10**6, 1, "accepted"),
        ("y", None, (1_577_836_800 - shift) * 10**6 + 1, 2, "accepted"),
    ]


def test_files_with_and_without_zones_are_not_mixed(spark: SparkSession, tmp_path: Path) -> None:
    pq.write_table(table(), tmp_path / "a.parquet")
    pq.write_table(table(pa.timestamp("us")), tmp_path / "b.parquet")
    with pytest.raises(WrongFilesError, match="column t has times with a zone in some files and without in others"):
        read(spark, source(zone="UTC"), tmp_path)
