"""Lines that are not even split, since they are too long or hold control characters: of plain, wide and JSON files alike."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate.schema import Field
from tidegate.sources.folders import list_below
from tidegate.sources.formats.csv import Csv
from tidegate.sources.formats.json_lines import JsonLines
from tidegate.sources.formats.wide_csv import Wide
from tidegate.sources.read_files import VERDICT, ReadFiles, read_files
from tidegate.sources.source import Source

pytestmark = pytest.mark.slow

FIELDS = (Field("k", T.StringType(), "key"), Field("v", T.DoubleType(), "value"), Field("t", T.TimestampType(), "time"))


def read(spark: SparkSession, source: Source, folder: Path, lines: list[str]) -> ReadFiles:
    (folder / "a.txt").write_text("\n".join(lines) + "\n")
    return read_files(spark, source, str(folder), list_below(spark, str(folder)))


def test_lines_of_a_wide_table_are_held_back_for_what_other_lines_are(spark: SparkSession, tmp_path: Path) -> None:
    wide = Wide(fixed=("t",), header=("k",), value="v")
    source = Source("wide", FIELDS, Csv(longest_line=60, wide=wide), required=("k",))
    good, day = "2020-01-01T00:00:00Z,1.5,2.5", "2020-01-02T00:00:00Z"
    bad = [
        (f"{day},1\x00,2", "a control character"),
        (f"{day},\x1b[2J1,2", "a control character"),
        (f"{day},{'1' * 50},2", "more than 60 characters"),
        (f"{day},1", "not as many values as the header has, or a quote"),
        (f'{day},"1",2', "not as many values as the header has, or a quote"),
    ]
    found = read(spark, source, tmp_path, ["when,x,y", good, *(text for text, _ in bad)])
    rows = [(row["_line"], row["_faults"], row["_received"]) for row in found.rows.orderBy("_line", "k").collect()]
    held = [(line, [reason], text) for line, (text, reason) in enumerate(bad, 3)]
    assert rows == [(2, None, None), (2, None, None), *held]


@pytest.mark.parametrize("form", [Csv(header=False), JsonLines()], ids=["csv", "json"])
def test_a_line_of_ten_megabytes_is_held_back_and_those_beside_it_are_read(
    spark: SparkSession, tmp_path: Path, form: Csv | JsonLines
) -> None:
    pattern = "{},1.5," if isinstance(form, Csv) else '{{"k":"{}"}}'
    good, long = pattern.format("x"), pattern.format("y" * 10_000_000)
    found = read(spark, Source("feed", FIELDS, form), tmp_path, [good, long, good])
    assert found.verdicts == {"accepted": 2, "quarantined": 1, "dropped": 0, "failed": 0}
    held = found.rows.where(f"{VERDICT} = 'quarantined'").selectExpr("_line", "_faults", "length(_received)").first()
    assert tuple(held) == (2, ["more than 1000000 characters"], len(long))
