"""Thousands of damaged lines in one file: each is read as the oracle says, to the last bit, or held back."""

import random
import string
from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.evidence.reporting import write_report
from tests.properties.line_oracle import HeldError, read_line

from tidegate.schema import Field
from tidegate.sources.folders import list_below
from tidegate.sources.formats.csv import Csv
from tidegate.sources.read_files import VERDICT, read_files
from tidegate.sources.source import Source

pytestmark = pytest.mark.slow

ZONE = "Australia/Lord_Howe"
FIELDS = tuple(
    Field(name, kind, name)
    for name, kind in {
        "text": T.StringType(),
        "whole": T.IntegerType(),
        "long": T.LongType(),
        "number": T.DoubleType(),
        "money": T.DecimalType(38, 4),
        "flag": T.BooleanType(),
        "day": T.DateType(),
        "moment": T.TimestampType(),
    }.items()
)
SOURCE = Source("fuzz", FIELDS, Csv(header=False), zone=ZONE)
PIECES = [
    *'",.;:-+eE0123456789TZ \t\x00\x07',
    '""',
    "NaN",
    "Infinity",
    "-",
    "1e308",
    "9" * 19,
    "0" * 12,
    "00:00",
    "żö😀",
    "true",
    "null",
]
SEEDS = {
    "text": ["a", '"b, ""c"""', '""', "", " x "],
    "whole": ["1", "-2147483648", "2147483647", ""],
    "long": ["9223372036854775807", "-5", ""],
    "number": ["1.5", "-0.0", "4.9e-324", "1.7976931348623157E308", ".5", "7."],
    "money": ["1.20", "9" * 34 + ".9999", "-0.0001"],
    "flag": ["true", "FALSE"],
    "day": ["2020-02-29", "1970-01-01"],
    "moment": ["2024-04-07T01:15:00", "2024-04-07T01:45:00", "2024-10-06T02:15:00", "2024-10-06T02:45",
        "2020-01-01 00:00:00.123456Z", "1999-12-31T23:59+10:30", "2000-06-01T00:00:00.5-00:00"],
}  # fmt: skip


def fuzzed(count: int, seed: int) -> Iterator[str]:
    """Lines with none to four changes each: pieces put in, taken out, exchanged, doubled."""
    chance = random.Random(seed)
    for _ in range(count):
        line = ",".join(chance.choice(texts) for texts in SEEDS.values())
        for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
            place, width = chance.randrange(len(line) + 1), chance.choice((0, 0, 1, 1, 3))
            piece = chance.choice((*PIECES, chance.choice(string.printable[:95]), line[place : place + 8], ""))
            line = line[:place] + piece + line[place + width :]
        yield line.replace("\n", " ").replace("\r", " ")


def said(line: str) -> tuple[Any, ...] | str | None:
    try:
        values = read_line(FIELDS, line, ZONE)
    except HeldError:
        return "held"
    except OverflowError:  # beyond the years that Python knows
        return "unknown"
    return None if values is None else tuple(values)


def assert_read_as_the_oracle_says(spark: SparkSession, folder: Path, count: int, seed: int) -> dict[str, int]:
    lines = list(fuzzed(count, seed))
    (folder / f"{seed}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = read_files(
        spark, SOURCE, str(folder), [file for file in list_below(spark, str(folder)) if file.name == f"{seed}.csv"]
    )
    columns = [F.unix_micros(field.name).alias(field.name) if field.name == "moment" else F.col(field.name) for field in FIELDS]
    rows = {row["_line"]: row for row in found.rows.select("_line", VERDICT, "_received", *columns).collect()}
    counts = {"read": 0, "held": 0, "blank": 0, "unknown": 0}
    for number, line in enumerate(lines, 1):
        expected, row = said(line), rows.pop(number, None)
        if expected is None:
            assert row is None, line
            counts["blank"] += 1
        elif expected == "held":
            assert row is not None, line
            assert (row[VERDICT], row["_received"]) == ("quarantined", line)
            counts["held"] += 1
        elif expected == "unknown":
            assert row is not None, line
            counts["unknown"] += 1
        else:
            moment = expected[7] and round((expected[7].astimezone(UTC).timestamp()) * 10**6)
            assert row is not None, line
            # repr tells -0.0, NaN and the scale of decimals apart.
            assert repr(tuple(row)[3:]) == repr((*expected[:7], moment)), line
            counts["read"] += 1
    assert rows == {}
    assert found.verdicts.total() == count - counts["blank"]
    return counts


@pytest.mark.evidence
def test_a_hundred_thousand_fuzzed_lines_hold_no_silent_wrong_value(spark: SparkSession, tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    for seed in range(100, 110):
        counts.update(assert_read_as_the_oracle_says(spark, tmp_path, 10_000, seed))
    write_report(
        "fuzzed_lines",
        "Damaged lines of CSV",
        [
            "- 100,000 lines (seeds 100 to 109), each with none to four changes: pieces put in, taken out, exchanged, doubled.",
            f"- Read: {counts['read']:,}, each value as the oracle in plain Python says, to the last bit.",
            f"- Held back with text and line: {counts['held']:,}, none that the oracle can read. Blank: {counts['blank']:,}.",
            f"- With a time beyond the years that Python knows: {counts['unknown']:,}, counted, their values not compared.",
            "- **No silent wrong value**; rows read + rows held back = lines that are not blank, in every file.",
        ],
    )


def test_ten_thousand_fuzzed_lines_hold_no_silent_wrong_value(spark: SparkSession, tmp_path: Path) -> None:
    counts = assert_read_as_the_oracle_says(spark, tmp_path, 10_000, seed=5)
    assert counts["read"] > 2_000
    assert counts["held"] > 2_000
