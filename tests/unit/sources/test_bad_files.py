"""Files that are none of a source's: refused by name before anything is written, whatever the kind of damage."""

import gzip
import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate.errors import TidegateError, UnreadableFilesError, WrongFilesError
from tidegate.schema import Field
from tidegate.sources.folders import list_below
from tidegate.sources.formats import Csv, Format, JsonLines, Parquet
from tidegate.sources.read_files import STANDING, ReadFiles, read_files
from tidegate.sources.source import Source, StateFiles

pytestmark = pytest.mark.slow

FIELDS = (Field("k", T.StringType(), "key"), Field("v", T.DoubleType(), "value"), Field("t", T.TimestampType(), "time"))
HEADER = "k,v,t"
ROWS = "x,1.5,2020-01-01T00:00:00Z\ny,2.5,2020-01-02T00:00:00Z\n"
TEXT = f"{HEADER}\n{ROWS}"


def source(form: Format = Csv(), **options: object) -> Source:  # noqa: B008  # frozen
    return Source("feed", FIELDS, form, **options)  # type: ignore[arg-type]


def read(spark: SparkSession, declared: Source, folder: Path) -> ReadFiles:
    return read_files(spark, declared, str(folder), list_below(spark, str(folder)))


def cut(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]


def miscounted(content: bytes) -> bytes:
    """Flip the bit of a Parquet file's footer that makes its two rows three, and nothing else."""
    for bit in range((len(content) - 1_000) * 8, len(content) * 8):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        with suppress(OSError, pa.ArrowException):
            found = pq.ParquetFile(io.BytesIO(changed)).metadata
            if found.num_row_groups == 1 and (found.num_rows, found.row_group(0).num_rows) == (2, 3):
                return bytes(changed)
    raise AssertionError("no such bit")


PACKED = gzip.compress(TEXT.encode() * 50, mtime=0)
REFUSED: list[tuple[str, bytes, str]] = [
    ("empty.csv", b"", "the file is empty"),
    ("no_header.csv", ROWS.encode(), "line 1: it is no header; expected the header k,v,t"),
    ("missing.csv", b"k,t\nx,2020-01-01T00:00:00Z\n", "line 1: missing column v"),
    ("extra.csv", f"{HEADER},w\n".encode(), "line 1: extra column w"),
    (
        "case.csv",
        TEXT.replace("k,v", "K,v").encode(),
        "line 1: missing column k; extra column K; expected the header k,v,t. Did you mean 'K'?",
    ),
    ("twice.csv", TEXT.replace("k,v", "k,k,v").encode(), "line 1: column k stands in it twice"),
    ("order.csv", TEXT.replace("k,v", "v,k").encode(), "line 1: columns in another order"),
    ("concatenated.csv", (TEXT + TEXT).encode(), "the header stands in it 2 times: were files concatenated?"),
    ("latin1.csv", f"{TEXT}ż,1,\n".encode("iso-8859-2"), "line 4: it is not UTF-8"),
    ("utf16.csv", TEXT.encode("utf-16"), "line 1: it is not UTF-8"),
    ("binary.csv", bytes(range(128, 256)) * 4, "line 1: it is not UTF-8"),
    ("semicolons.csv", TEXT.replace(",", ";").encode(), "line 1: it is no header"),
    ("page.csv", b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "line 1: it is no header"),
    ("blank.csv", b"\n\n   \n", "line 1: it is no header"),
]


@pytest.mark.parametrize(("name", "content", "complaint"), REFUSED, ids=[name for name, _, _ in REFUSED])
def test_a_text_file_of_another_kind_is_refused_by_name(
    spark: SparkSession, tmp_path: Path, name: str, content: bytes, complaint: str
) -> None:
    (tmp_path / "good.csv").write_text(TEXT)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WrongFilesError) as caught:
        read(spark, source(), tmp_path)
    assert f"{name}: {complaint}" in str(caught.value)
    assert "good.csv" not in str(caught.value)
    assert "Nothing was written" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [("cut.csv.gz", cut(PACKED)), ("flipped.csv.gz", flipped(PACKED, 40)), ("none.csv.gz", TEXT.encode())],
    ids=["cut", "flipped", "not packed"],
)
def test_a_damaged_packed_file_is_refused_by_name(spark: SparkSession, tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFilesError, match=name):
        read(spark, source(), tmp_path)


@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_a_byte_order_mark_is_no_part_of_the_header(spark: SparkSession, tmp_path: Path, mark: str) -> None:
    (tmp_path / "a.csv").write_text(mark + TEXT, encoding="utf-8")
    found = read(spark, source(), tmp_path)
    assert found.standings == {"accepted": 2, "quarantined": 0, "dropped": 0, "failed": 0}


def test_a_file_with_a_header_alone_is_no_state(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a_20200101T000000Z.csv").write_text(HEADER + "\n")
    assert read(spark, source(), tmp_path).files[list_below(spark, str(tmp_path))[0]] == 0
    with pytest.raises(WrongFilesError, match="zero rows: as a full state it would say that everything vanished"):
        read(spark, source(contents=StateFiles()), tmp_path)


def test_a_state_with_a_row_that_is_held_back_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a_20200101T000000Z.csv").write_text(TEXT + "z,none,\n")
    with pytest.raises(WrongFilesError, match="1 rows that can't be read or are not as expected; a full state is taken whole"):
        read(spark, source(contents=StateFiles()), tmp_path)


def test_a_message_shows_no_value_of_a_file_without_a_header(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Ada Lovelace,1.5,2020-01-01T00:00:00Z\n")
    with pytest.raises(TidegateError) as caught:
        read(spark, source(), tmp_path)
    assert "Ada" not in str(caught.value)


def test_lines_are_numbered_across_the_parts_of_a_large_file(spark: SparkSession, tmp_path: Path) -> None:
    lines = [HEADER, *(f"{number},{number}.5,2020-01-01T00:00:00Z" for number in range(3_000)), "", "last,none,"]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    spark.conf.set("spark.sql.files.maxPartitionBytes", "20000")
    spark.conf.set("spark.sql.files.openCostInBytes", "1")
    found = read(spark, source(), tmp_path)
    assert found.rows.select("_line").distinct().count() == 3_001
    held = found.rows.where(f"{STANDING} = 'quarantined'").collect()
    assert [(row["_line"], row["_faults"]) for row in held] == [(3_003, ["v: not a number"])]
    row = found.rows.where("k = '2999'").first()
    assert (row["_line"], row["_name"]) == (3_001, "a.csv")


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
        read(spark, source(Parquet()), tmp_path)
    assert f"{name}.parquet: " in str(caught.value)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("name", "damage", "complaint"),
    [
        ("cut", cut, "it is no Parquet file, or was cut off"),
        ("head_alone", lambda content: content[:10], "it is no Parquet file, or was cut off"),
        ("footer", lambda content: flipped(content, len(content) - 6), "it is no Parquet file|its footer can't be read"),
        ("text", lambda content: TEXT.encode() * 10, "it is no Parquet file"),
        ("nothing", lambda content: b"", "it is no Parquet file, or was cut off"),
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
        read(spark, source(Parquet()), tmp_path)
    assert f"{name}.parquet" in str(caught.value)


def test_times_without_a_zone_become_moments_where_the_zone_is_declared(spark: SparkSession, tmp_path: Path) -> None:
    pq.write_table(table(pa.timestamp("us")), tmp_path / "a.parquet")
    found = read(spark, source(Parquet(), zone="Asia/Kolkata"), tmp_path)
    rows = found.rows.selectExpr("k", "v", "unix_micros(t) AS t", "_line", STANDING).orderBy("_line").collect()
    shift = 5 * 3600 + 30 * 60
    assert [tuple(row) for row in rows] == [
        ("x", 1.5, (1_577_836_800 - shift) * 10**6, 1, "accepted"),
        ("y", None, (1_577_836_800 - shift) * 10**6 + 1, 2, "accepted"),
    ]


def test_files_with_and_without_zones_are_not_mixed(spark: SparkSession, tmp_path: Path) -> None:
    pq.write_table(table(), tmp_path / "a.parquet")
    pq.write_table(table(pa.timestamp("us")), tmp_path / "b.parquet")
    with pytest.raises(WrongFilesError, match="column t has times with a zone in some files and without in others"):
        read(spark, source(Parquet(), zone="UTC"), tmp_path)


def test_a_json_file_that_is_empty_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    with pytest.raises(WrongFilesError, match="a.jsonl: the file is empty"):
        read(spark, source(JsonLines()), tmp_path)
