"""One bit of a file flipped: its rows are the same, or it is refused by name; no other value, no bare stack trace."""

import gzip
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import Row, SparkSession
from pyspark.sql import types as T
from tests.evidence.reporting import write_report

from tidegate.errors import TidegateError
from tidegate.schema import Field
from tidegate.sources.folders import list_below
from tidegate.sources.formats.csv import Csv
from tidegate.sources.formats.format import FileFormat
from tidegate.sources.formats.parquet import Parquet
from tidegate.sources.read_files import VERDICT, read_files
from tidegate.sources.source import Source

pytestmark = pytest.mark.slow

ROWS = 500
FIELDS = (Field("k", T.StringType(), "key"), Field("v", T.DoubleType(), "value"), Field("t", T.TimestampType(), "time"))


def content(kind: str, folder: Path) -> tuple[str, FileFormat, bytes]:
    chance = random.Random(1)
    keys, values = [f"key {chance.randrange(40)}" for _ in range(ROWS)], [chance.random() for _ in range(ROWS)]
    if kind == "packed":
        lines = [f"{key},{value!r},2020-01-01T00:00:00Z" for key, value in zip(keys, values, strict=True)]
        return "a.csv.gz", Csv(header=False), gzip.compress("\n".join(lines).encode(), mtime=0)
    moments = pa.array(range(ROWS), pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    table = pa.table({"k": keys, "v": values, "t": moments})
    pq.write_table(table, folder / "whole.parquet", write_page_checksum=True, compression=kind)
    return "a.parquet", Parquet(), (folder / "whole.parquet").read_bytes()


def read(spark: SparkSession, form: FileFormat, folder: Path) -> list[Row]:
    found = read_files(spark, Source("flipped", FIELDS, form), str(folder), list_below(spark, str(folder)))
    return found.rows.select("k", "v", "t", VERDICT).collect()


def assert_no_other_value(spark: SparkSession, folder: Path, kind: str, flips: int, seed: int) -> int:
    """Return how many of the flips were refused."""
    place = folder / "one"
    place.mkdir()
    name, form, whole = content(kind, folder)
    (place / name).write_bytes(whole)
    right = read(spark, form, place)
    chance, refusals = random.Random(seed), []
    for _ in range(flips):
        bit = chance.randrange(len(whole) * 8)
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        (place / name).write_bytes(flipped)
        try:
            assert read(spark, form, place) == right, f"{kind}: bit {bit}"
        except TidegateError as error:
            refusals.append(str(error))
    assert [refusal for refusal in refusals if name not in refusal] == []
    return len(refusals)


@pytest.mark.parametrize("kind", ["packed", "snappy"])
def test_a_flipped_bit_gives_no_other_value(spark: SparkSession, tmp_path: Path, kind: str) -> None:
    assert assert_no_other_value(spark, tmp_path, kind, flips=8, seed=3) > 3


KINDS = {
    "packed": "CSV packed with gzip",
    "snappy": "Parquet with page checksums, snappy",
    "zstd": "Parquet with page checksums, zstd",
    "none": "Parquet with page checksums, not compressed",
}


@pytest.mark.evidence
def test_two_thousand_flipped_bits_give_no_other_value(spark: SparkSession, tmp_path: Path) -> None:
    refused = {}
    for kind in KINDS:
        (tmp_path / kind).mkdir()
        refused[kind] = assert_no_other_value(spark, tmp_path / kind, kind, flips=500, seed=2_000)
    assert min(refused.values()) > 300
    write_report(
        "flipped_files",
        "Files with one bit flipped",
        [
            f"Each of 2,000 files holds {ROWS} rows and has one bit, chosen at random, that is not as it was written.",
            "",
            *[f"- {KINDS[kind]}: {count} of 500 refused by the file's name; the rows of the others are the right ones."
              for kind, count in refused.items()],
            "- **No other value, no error without a name.**",
        ],
    )  # fmt: skip
