"""Lines of CSV and JSON, good and bad: every one is read to the last digit, or held back with what is wrong."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate.schema import Field
from tidegate.sources.folders import list_below
from tidegate.sources.formats.csv import Csv
from tidegate.sources.formats.json_lines import JsonLines
from tidegate.sources.read_files import VERDICT, ReadFiles, read_files
from tidegate.sources.source import Source

pytestmark = pytest.mark.slow

FIELDS = (
    Field("k", T.StringType(), "key"),
    Field("i", T.IntegerType(), "whole"),
    Field("l", T.LongType(), "long"),
    Field("d", T.DoubleType(), "number"),
    Field("m", T.DecimalType(38, 2), "money"),
    Field("b", T.BooleanType(), "flag"),
    Field("day", T.DateType(), "day"),
    Field("t", T.TimestampType(), "time"),
)


def moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


GOOD = {"k": "x", "i": "1", "l": "2", "d": "3.5", "m": "1.20", "b": "true", "day": "2020-01-01", "t": "2020-01-01T00:00:00Z"}
VALUES = {
    "k": "x", "i": 1, "l": 2, "d": 3.5, "m": Decimal("1.20"), "b": True, "day": date(2020, 1, 1), "t": moment(2020, 1, 1),
}  # fmt: skip
COPENHAGEN = Source("csv", FIELDS, Csv(longest_line=500), zone="Europe/Copenhagen", required=("k",))
NO_ZONE = Source("json", FIELDS, JsonLines(longest_line=500), required=("k",))
BIG = "9" * 36 + ".99"


def line(**changed: str) -> str:
    return ",".join({**GOOD, **changed}.values())


# What stands in the line instead of the good one, and the values that differ then.
CSV_GOOD: list[tuple[str, dict[str, Any]]] = [
    (line(), {}),
    (line(k='"a ""quoted"", b"'), {"k": 'a "quoted", b'}),
    (line(k='""'), {"k": ""}),
    (line(k=" x "), {"k": " x "}),
    (line(k="a\\b"), {"k": "a\\b"}),
    (line(k="żółć 😀"), {"k": "żółć 😀"}),
    (line(k="tab\there"), {"k": "tab\there"}),
    (line(k="NULL"), {"k": "NULL"}),
    ("x,,,,,,,", dict.fromkeys(("i", "l", "d", "m", "b", "day", "t"))),
    (line(i='""'), {"i": None}),
    (line(i="+007", l="-9223372036854775808"), {"i": 7, "l": -(2**63)}),
    (line(i="2147483647", l="9223372036854775807"), {"i": 2**31 - 1, "l": 2**63 - 1}),
    (line(d="1.7976931348623157e308"), {"d": 1.7976931348623157e308}),
    (line(d="-Infinity"), {"d": float("-inf")}),
    (line(d="4.9E-324"), {"d": 5e-324}),
    (line(d="0e999"), {"d": 0.0}),
    (line(m=BIG), {"m": Decimal(BIG)}),
    (line(m="-1.2000"), {"m": Decimal("-1.20")}),
    (line(b="FALSE", day="2020-02-29"), {"b": False, "day": date(2020, 2, 29)}),
    (line(t="2020-06-01 02:00"), {"t": moment(2020, 6, 1)}),
    (line(t="2020-06-01T02:00:00.123456000"), {"t": moment(2020, 6, 1, 0, 0, 0, 123456)}),
    (line(t="2020-01-01T00:00:00+05:30"), {"t": moment(2019, 12, 31, 18, 30)}),
    (line(t="2020-10-25T02:30:00Z"), {"t": moment(2020, 10, 25, 2, 30)}),
    (line(t="1970-01-01T01:00:00"), {"t": moment(1970, 1, 1)}),
]
CSV_BAD: list[tuple[str, str]] = [
    ("x,1,2", "not 8 values"),
    (line() + ",more", "not 8 values"),
    (line() + ",", "not 8 values"),
    ("," * 20_000, "blank"),
    ("x" + "," * 300, "not 8 values"),
    (line(k='"open'), "a quote that opens or closes no whole value"),
    (line(k='x"y'), "a quote that opens or closes no whole value"),
    (line(k='"x"y'), "a quote that opens or closes no whole value"),
    (line(k='"a\\"b"'), "a quote that opens or closes no whole value"),
    (line(k="nul\x00"), "a control character"),
    (line(k="bell\x07"), "a control character"),
    (line(k="y" * 600), "more than 500 characters"),
    (line(k=""), "k: missing"),
    (line(i="1.5"), "i: not a whole number"),
    (line(i="1.0"), "i: not a whole number"),
    (line(i=" 1"), "i: not a whole number"),
    (line(i="1_000"), "i: not a whole number"),
    (line(i="١"), "i: not a whole number"),
    (line(i="2147483648"), "i: too large for int"),
    (line(l="9223372036854775808"), "l: too large for bigint"),
    (line(d="1e400"), "d: too large for double"),
    (line(d="1e-400"), "d: too small for double"),
    (line(d="1.5d"), "d: not a number"),
    (line(d="0x10"), "d: not a number"),
    (line(d='"1,5"'), "d: not a number"),
    (line(d="nan"), "d: not a number"),
    (line(d="inf"), "d: not a number"),
    (line(d="1e"), "d: not a number"),
    (line(m="1.239"), "m: more than 2 decimals"),
    (line(m="9" * 37 + ".00"), "m: too large for decimal(38,2)"),
    (line(m="1e2"), "m: not a decimal number"),
    (line(m="NaN"), "m: not a decimal number"),
    (line(b="yes"), "b: neither true nor false"),
    (line(b="1"), "b: neither true nor false"),
    (line(day="2020-02-30"), "day: no such day"),
    (line(day="2020"), "day: not a day such as 2013-01-31"),
    (line(day="01/02/2020"), "day: not a day such as 2013-01-31"),
    (line(t="2020-03-29T02:30:00"), "t: a time that clocks in Europe/Copenhagen never showed"),
    (line(t="2020-10-25T02:30:00"), "t: a time that clocks in Europe/Copenhagen showed twice"),
    (line(t="2020-01-01T00:00:00.1234567Z"), "t: finer than microseconds"),
    (line(t="2020-01-01T24:00:00Z"), "t: no such time"),
    (line(t="2020-01-01T00:00:60Z"), "t: no such time"),
    (line(t="1577836800"), "t: not a time such as 2013-01-31T12:00:00Z"),
    (line(t="2020-01-01"), "t: not a time such as 2013-01-31T12:00:00Z"),
    (line(t="2020-01-01T00:00:00 CET"), "t: not a time such as 2013-01-31T12:00:00Z"),
    (line(t="12:00"), "t: not a time such as 2013-01-31T12:00:00Z"),
]

JSON_GOOD: list[tuple[str, dict[str, Any]]] = [
    ('{"k":"x","i":1,"l":2,"d":3.5,"m":1.20,"b":true,"day":"2020-01-01","t":"2020-01-01T00:00:00Z"}', VALUES),
    (' { "k" : "x" } ', {"k": "x"}),
    ('{"k":"","i":null}', {"k": ""}),
    ('{"k":"\\u017c\\n\\"","i":1.0,"d":1}', {"k": 'ż\n"', "i": 1, "d": 1.0}),
    ('{"k":"x","l":9223372036854775807,"d":1e300}', {"k": "x", "l": 2**63 - 1, "d": 1e300}),
    (f'{{"k":"x","m":{BIG},"d":0.0}}', {"k": "x", "m": Decimal(BIG), "d": 0.0}),
]
JSON_BAD: list[tuple[str, str]] = [
    ('{"k":"x"', "not a JSON object, or a key occurs twice"),
    ('{"k":"x"} more', "not a JSON object, or a key occurs twice"),
    ('{"k":"x"}} more', "not a JSON object, or a key occurs twice"),
    ('{"k":"x"}{"k":"y"}', "not a JSON object, or a key occurs twice"),
    ('{"k":"x","k":"y"}', "not a JSON object, or a key occurs twice"),
    ('["k"]', "not a JSON object, or a key occurs twice"),
    ("null", "not a JSON object, or a key occurs twice"),
    ("{'k':'x'}", "not a JSON object, or a key occurs twice"),
    ('{"k":"x","d":NaN}', "not a JSON object, or a key occurs twice"),
    ('{"k":"x"},', "not a JSON object, or a key occurs twice"),
    ('{"k":"x","K":"y"}', "a key that is not declared"),
    ('{"k":"x","more":1}', "a key that is not declared"),
    ('{"k: STRING, l":1}', "a key that is not declared"),
    ('{"i":1}', "k: missing"),
    ('{"k":1}', "k: a JSON value that is no text"),
    ('{"k":{"x":1}}', "k: a JSON value that is no text"),
    ('{"k":"x","i":"1"}', "i: a JSON value that is not a number"),
    ('{"k":"x","i":true}', "i: a JSON value that is not a number"),
    ('{"k":"x","i":1.5}', "i: not a whole number"),
    ('{"k":"x","i":2147483648}', "i: too large for int"),
    ('{"k":"x","l":1e3}', "l: a number of more than 38 digits, or with an exponent"),
    (f'{{"k":"x","m":0.{"1" * 39}}}', "m: a number of more than 38 digits, or with an exponent"),
    ('{"k":"x","m":1.239}', "m: more than 2 decimals"),
    ('{"k":"x","d":1e400}', "d: a number out of range"),
    ('{"k":"x","d":1e-400}', "d: a number out of range"),
    ('{"k":"x","b":"true"}', "b: a JSON value that is neither true nor false"),
    ('{"k":"x","b":0}', "b: a JSON value that is neither true nor false"),
    ('{"k":"x","t":1577836800}', "t: a JSON value that is no text"),
    ('{"k":"x","t":"2020-01-01T00:00:00"}', "t: a time without a zone"),
    ('{"k":"x","t":"2020-01-01T00:00:00.123456789Z"}', "t: finer than microseconds"),
    ('{"k":"' + "y" * 600 + '"}', "more than 500 characters"),
]


def read(spark: SparkSession, source: Source, folder: Path, text: str) -> ReadFiles:
    (folder / "a file [1] *ü+%.txt").write_text(text, encoding="utf-8")
    return read_files(spark, source, str(folder), list_below(spark, str(folder)))


def assert_read_as_said(
    found: ReadFiles, good: list[tuple[str, dict[str, Any]]], bad: list[tuple[str, str]], header: int
) -> None:
    rows = {row["_line"]: row.asDict() for row in found.rows.collect()}
    for number, (text, expected) in enumerate(good, header + 1):
        row = rows.pop(number)
        assert (row[VERDICT], row["_faults"]) == ("accepted", None), text
        found_values = {name: row[name] for name in expected} | {"t": row["t"] and row["t"].astimezone(UTC)}
        # repr tells infinities and the digits of a double apart.
        assert repr(found_values) == repr(expected), text
    for number, (text, reason) in enumerate(bad, header + 1 + len(good)):
        if reason == "blank":
            assert number not in rows
            continue
        row = rows.pop(number)
        assert (row[VERDICT], row["_faults"], row["_received"]) == ("quarantined", [reason], text)
    assert rows == {}
    counted = len(good) + sum(reason != "blank" for _, reason in bad)
    assert sum(found.files.values()) == found.verdicts.total() == counted


def test_csv_lines_are_read_to_the_last_digit_or_held_back(spark: SparkSession, tmp_path: Path) -> None:
    lines = [",".join(COPENHAGEN.names), *(text for text, _ in CSV_GOOD), *(text for text, _ in CSV_BAD)]
    found = read(spark, COPENHAGEN, tmp_path, "\r\n".join(lines) + "\r\n")
    assert_read_as_said(found, [(text, {**VALUES, **changed}) for text, changed in CSV_GOOD], CSV_BAD, header=1)


def test_json_lines_are_read_to_the_last_digit_or_held_back(spark: SparkSession, tmp_path: Path) -> None:
    lines = [*(text for text, _ in JSON_GOOD), *(text for text, _ in JSON_BAD)]
    found = read(spark, NO_ZONE, tmp_path, "\n".join(lines))
    nothing = dict.fromkeys(NO_ZONE.names)
    assert_read_as_said(found, [(text, {**nothing, **values}) for text, values in JSON_GOOD], JSON_BAD, header=0)


@pytest.mark.parametrize(
    ("zone", "wall", "double_hours", "expected"),
    [
        ("Australia/Lord_Howe", "2024-04-07T01:45:00", "earlier", moment(2024, 4, 6, 14, 45)),
        ("Australia/Lord_Howe", "2024-04-07T01:45:00", "later", moment(2024, 4, 6, 15, 15)),
        ("Australia/Lord_Howe", "2024-04-07T01:45:00", "refuse", "t: a time that clocks in Australia/Lord_Howe showed twice"),
        ("Australia/Lord_Howe", "2024-10-06T02:15:00", "earlier", "t: a time that clocks in Australia/Lord_Howe never showed"),
        ("Pacific/Apia", "2011-12-30T12:00:00", "later", "t: a time that clocks in Pacific/Apia never showed"),
        ("Pacific/Apia", "2011-12-31T00:00:00", "refuse", moment(2011, 12, 30, 10)),
        ("America/New_York", "2013-11-03T01:30:00", "later", moment(2013, 11, 3, 6, 30)),
        ("America/New_York", "2013-11-03T01:30:00", "earlier", moment(2013, 11, 3, 5, 30)),
        ("Asia/Kolkata", "2020-01-01T00:00:00", "refuse", moment(2019, 12, 31, 18, 30)),
    ],
)
def test_times_of_a_place_are_what_its_clocks_meant(
    spark: SparkSession, tmp_path: Path, zone: str, wall: str, double_hours: Any, expected: datetime | str
) -> None:
    source = Source("times", (FIELDS[0], FIELDS[7]), Csv(header=False), zone=zone, double_hours=double_hours)
    row = read(spark, source, tmp_path, f"x,{wall}\n").rows.first()
    if isinstance(expected, str):
        assert (row["_faults"], row["t"]) == ([expected], None)
    else:
        assert (row["_faults"], row["t"].astimezone(UTC)) == (None, expected)


@pytest.mark.parametrize(
    ("text", "expected"), [("1,5", 1.5), ("-1000", -1000.0), ("1.5", "d: not a number"), ("1.000,5", "d: not a number")]
)
def test_a_point_is_no_part_of_a_number_with_a_decimal_comma(
    spark: SparkSession, tmp_path: Path, text: str, expected: float | str
) -> None:
    source = Source("comma", (FIELDS[0], FIELDS[3]), Csv(separator=";", decimal=",", header=False))
    row = read(spark, source, tmp_path, f"1.5,x;{text}\n").rows.first()
    assert row["k"] == "1.5,x"
    assert (row["d"] if row["_faults"] is None else row["_faults"][0]) == expected
