"""Files that are none of a source's: refused by name before anything is written, whatever the kind of damage."""

import gzip
import zlib
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate.errors import TidegateError, UnreadableFilesError, WrongFilesError
from tidegate.schema import Field
from tidegate.sources.folders import list_below
from tidegate.sources.formats.csv import Csv
from tidegate.sources.formats.format import FileFormat
from tidegate.sources.formats.json_lines import JsonLines
from tidegate.sources.read_files import VERDICT, ReadFiles, read_files
from tidegate.sources.source import Source, StateFiles

pytestmark = pytest.mark.slow

FIELDS = (Field("k", T.StringType(), "key"), Field("v", T.DoubleType(), "value"), Field("t", T.TimestampType(), "time"))
HEADER = "k,v,t"
ROWS = "x,1.5,2020-01-01T00:00:00Z\ny,2.5,2020-01-02T00:00:00Z\n"
TEXT = f"{HEADER}\n{ROWS}"


def source(form: FileFormat = Csv(), **options: object) -> Source:  # noqa: B008  # frozen
    return Source("feed", FIELDS, form, **options)  # type: ignore[arg-type]


def read(spark: SparkSession, declared: Source, folder: Path) -> ReadFiles:
    return read_files(spark, declared, str(folder), list_below(spark, str(folder)))


def cut(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]


PACKED = gzip.compress(TEXT.encode() * 50, mtime=0)
REFUSED: list[tuple[str, bytes, str]] = [
    ("empty.csv", b"", "the file is empty"),
    ("no_header.csv", ROWS.encode(), "line 1: this is not a header; expected the header k,v,t"),
    ("missing.csv", b"k,t\nx,2020-01-01T00:00:00Z\n", "line 1: missing column v"),
    ("extra.csv", f"{HEADER},w\n".encode(), "line 1: extra column w"),
    (
        "case.csv",
        TEXT.replace("k,v", "K,v").encode(),
        "line 1: missing column k; extra column K; expected the header k,v,t. Did you mean 'K'?",
    ),
    ("twice.csv", TEXT.replace("k,v", "k,k,v").encode(), "line 1: column k occurs twice"),
    ("order.csv", TEXT.replace("k,v", "v,k").encode(), "line 1: columns in another order"),
    ("concatenated.csv", (TEXT + TEXT).encode(), "the header occurs 2 times: were files concatenated?"),
    ("latin1.csv", f"{TEXT}ż,1,\n".encode("iso-8859-2"), "line 4: it is not UTF-8"),
    ("utf16.csv", TEXT.encode("utf-16"), "line 1: it is not UTF-8"),
    ("binary.csv", bytes(range(128, 256)) * 4, "line 1: it is not UTF-8"),
    ("semicolons.csv", TEXT.replace(",", ";").encode(), "line 1: this is not a header"),
    ("page.csv", b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "line 1: this is not a header"),
    ("blank.csv", b"\n\n   \n", "line 1: this is not a header"),
]


# As many wrong files as a message shows; each is wrong in a way of its own, whatever lies beside it.
AT_ONCE = 5


@pytest.mark.parametrize("files", [REFUSED[first : first + AT_ONCE] for first in range(0, len(REFUSED), AT_ONCE)])
def test_text_files_of_another_kind_are_refused_by_name(
    spark: SparkSession, tmp_path: Path, files: list[tuple[str, bytes, str]]
) -> None:
    (tmp_path / "good.csv").write_text(TEXT)
    for name, content, _ in files:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(WrongFilesError) as caught:
        read(spark, source(), tmp_path)
    assert [f"{name}: {complaint}" for name, _, complaint in files if f"{name}: {complaint}" not in str(caught.value)] == []
    assert f"{len(files)} file(s) don't fit the declaration" in str(caught.value)
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
    assert found.verdicts == {"accepted": 2, "quarantined": 0, "dropped": 0, "failed": 0}


def test_a_file_with_a_header_alone_is_no_state(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a_20200101T000000Z.csv").write_text(HEADER + "\n")
    assert read(spark, source(), tmp_path).files[list_below(spark, str(tmp_path))[0]] == 0
    with pytest.raises(WrongFilesError, match="zero rows: as a full state, the file would mean that every row is gone"):
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
    held = found.rows.where(f"{VERDICT} = 'quarantined'").collect()
    assert [(row["_line"], row["_faults"]) for row in held] == [(3_003, ["v: not a number"])]
    row = found.rows.where("k = '2999'").first()
    assert (row["_line"], row["_name"]) == (3_001, "a.csv")


def test_files_with_the_same_checksum_of_their_names_are_kept_apart(spark: SparkSession, tmp_path: Path) -> None:
    names = ("plumless.csv", "buckeroo.csv")
    assert len({zlib.crc32(f"{tmp_path.as_uri()}/{name}".encode()) for name in names}) == 1
    for name in names:
        (tmp_path / name).write_text(f"{HEADER}\n{name},1.5,\n")
    found = read(spark, source(), tmp_path)
    assert sorted((row["k"], row["_name"], row["_line"]) for row in found.rows.collect()) == [(n, n, 2) for n in sorted(names)]
    assert {file.name: rows for file, rows in found.files.items()} == dict.fromkeys(names, 1)


def test_a_json_file_that_is_empty_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    with pytest.raises(WrongFilesError, match="a.jsonl: the file is empty"):
        read(spark, source(JsonLines()), tmp_path)
