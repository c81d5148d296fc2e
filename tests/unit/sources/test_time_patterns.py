"""A pattern that would lose an offset, a half of the day or digits is refused when the source is declared; of what is not refused
Spark itself shows that it loses nothing."""

import itertools
from datetime import UTC, datetime

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import Csv, Delta, Field, JsonLines, Parquet, Source, StateFiles
from tidegate.errors import DefinitionError
from tidegate.sources.time_patterns import pattern_faults
from tidegate.sources.typed_values import with_readings

TIME = T.TimestampType()


def source(pattern: str, kind: T.DataType = TIME, zone: str | None = "Europe/Warsaw", form: object = Csv()) -> Source:
    return Source("feed", (Field("at", kind, "when"),), form, zone=zone, patterns={"at": pattern})  # type: ignore[arg-type]


@pytest.mark.parametrize(("pattern", "said"), [
    ("yyyy-MM-dd'T'HH:mm:ss'Z'", "Spark would ignore the quoted 'Z' and lose the offset that it states; write X"),
    ("yyyy-MM-dd HH:mm:ss 'UTC'", "ignore the quoted 'UTC'"),
    ("yyyy-MM-dd HH:mm:ss'+02:00'", "ignore the quoted '.02:00'"),
    ("yyyy-MM-dd HH:mm:ss 'CET'", "ignore the quoted 'CET' and lose the offset"),
    ("yyyy-MM-dd HH:mm 'EST'", "ignore the quoted 'EST'"),
    ("dd.MM.yyyy HH:mm 'Uhr MESZ'", "ignore the quoted 'Uhr MESZ'"),
    ("yyyy-MM-dd HH:mm 'Europe/Warsaw'", "ignore the quoted 'Europe/Warsaw'"),
    ("yyyy-MM-dd HH:mm:ss+00:00", "Spark would ignore [+]00:00 and lose the offset that it states; write X"),
    ("yyyy-MM-dd HH:mm:ss -0500", "Spark would ignore -0500"),
    ("yyyy-MM-dd HH:mm 'PM'", "ignore the quoted 'PM' and lose whether the time is am or pm; write a"),
    ("yyyy-MM-dd HH:mm 'p.m.'", "ignore the quoted 'p.m.' and lose whether"),
    ("yyyy-MM-dd HH:mm:ss[XXX]", "a part that may be missing"),
    ("yyyy-MM-dd HH:mm:ss.SSSSSSSSS", "SSSSSSSSS can't be read; write at most 6 in a row, because digits finer than"),
    ("yyyy-MM-dd hh:mm:ss", "h is an hour of the 12-hour clock, and nothing says am or pm"),
    ("yyyy-MM-dd KK:mm", "K is an hour of the 12-hour clock"),
    ("yyyy-MM-dd HH:mm a", "a says am or pm, and needs an hour of the 12-hour clock"),
    ("yyyy-MM-DD HH:mm", "it has D, the day of the year, together with M"),
    ("YYYY-MM-dd HH:mm", "YYYY can't be read; write yyyy instead"),
    ("yyyy-mm-dd HH:mm", "it has m more than once"),
    ("yyyy-mm-dd HH", "it has no month"),
    ("MM-dd HH:mm", "it has no year"),
    ("yyyy-MM HH:mm", "it has no day"),
    ("yyyy-MM-dd HH:ss", "it has s without m"),
    ("yyyy-MM-dd mm:ss", "it has m without an hour"),
    ("yyyy-MM-dd HH:mm.SSS", "it has S without s"),
    ("yyyy-MM-dd HH:mm:ss XXX z", "more than one zone"),
    ("yyyy-MM-dd 'at HH:mm", "a quote (.) is opened and not closed"),
    ("yyyy-MM-dd QQ HH:mm", "QQ can't be read"),
])  # fmt: skip
def test_a_pattern_that_would_lose_something_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(DefinitionError, match=f"the pattern .* of at: .*{said.replace('(', '[(]').replace(')', '[)]')}"):
        source(pattern)


@pytest.mark.parametrize(
    "pattern", ["dd.MM.yyyy 'um' HH:mm 'Uhr'", "yyyy-MM-dd'T'HH:mm", "dd MMM yyyy 'AT' HH:mm", "yyyy-MM-dd HH:mm.'0'"]
)
def test_a_quoted_text_that_says_nothing_of_the_time_may_stand_in_a_pattern(pattern: str) -> None:
    source(pattern)


def test_a_pattern_belongs_to_a_text_of_a_time_or_day() -> None:
    for form in (Parquet(), Delta(key=("at",))):
        with pytest.raises(DefinitionError, match=f"the columns of {type(form).__name__} have types"):
            source("yyyy-MM-dd", T.DateType(), form=form)
    with pytest.raises(DefinitionError, match="at is string; patterns are only for times and days"):
        source("yyyy-MM-dd", T.StringType())
    with pytest.raises(DefinitionError, match="it names no zone, and the source declares none"):
        source("yyyy-MM-dd HH:mm", zone=None)
    for pattern in ("yyyy-MM-dd HH:mm", "yyyy-MM-ddXXX"):
        with pytest.raises(DefinitionError, match="a day has no time and no zone, so they would be lost"):
            source(pattern, T.DateType(), form=JsonLines())
    assert source("yyyy-MM-dd HH:mm X", zone=None).patterns


# One text of each part, all of the same moment: 25 December 2031, 22:45:58.123456 in a zone two hours before UTC.
DAYS = {"yyyy-MM-dd": "2031-12-25", "d/M/yy": "25/12/31", "D yyyy": "359 2031", "dd MMM yyyy": "25 Dec 2031", "MM-dd": "12-25"}
TIMES = {"": "", " HH:mm": " 22:45", " H": " 22", " HH:mm:ss": " 22:45:58", " HH:mm:ss.SSS": " 22:45:58.123",
         " HH:mm:ss.SSSSSS": " 22:45:58.123456", " HH:mm:ss.SSSSSSSSS": " 22:45:58.123456789", " hh:mm a": " 10:45 PM",
         " hh:mm": " 10:45", " kk:mm": " 22:45"}  # fmt: skip
ZONES = {"": "", " XXX": " +02:00", " Z": " +0200", "'Z'": "Z", " '+02:00'": " +02:00"}
PRECISION = {"": 0, " H": 1, " HH:mm": 2, " hh:mm a": 2, " hh:mm": 2, " kk:mm": 2, " HH:mm:ss": 3, " HH:mm:ss.SSS": 4}


def right(time: str, zone: str) -> datetime:
    """What a text says, as an oracle: the parts that it has, and its offset."""
    parts = (22, 45, 58, {4: 123_000}.get(PRECISION.get(time, 5), 123_456))[: PRECISION.get(time, 5)]
    hour = 22 - (2 if zone else 0) if parts else (-2 if zone else 0)
    day = datetime(2031, 12, 25, tzinfo=UTC)
    return day.replace(hour=hour % 24, **dict(zip(("minute", "second", "microsecond"), parts[1:], strict=False))) - (
        (day - day.replace(day=24)) if hour < 0 else (day - day)
    )


def test_what_is_not_refused_is_read_as_it_says(spark: SparkSession) -> None:
    """Every pattern of a day, a time and a zone: refused, or read by Spark to the last digit, with its offset. One job."""
    kept, columns, expected = [], {}, []
    for number, ((day, d), (time, t), (zone, z)) in enumerate(itertools.product(DAYS.items(), TIMES.items(), ZONES.items())):
        pattern = f"{day}{time}{zone}"
        refused = bool(pattern_faults(pattern, is_day=False))
        loses = day == "MM-dd" or time in (" hh:mm", " HH:mm:ss.SSSSSSSSS") or "'" in zone
        assert refused == loses, pattern
        if not refused:
            kept.append(Field(f"c{number}", T.TimestampType(), pattern))
            columns[f"c{number}"], expected = f"{d}{t}{z}", [*expected, (pattern, right(time, zone).isoformat())]
    frame = spark.createDataFrame([tuple(columns.values())], ", ".join(f"{name} string" for name in columns))
    feed = Source("feed", tuple(kept), Csv(), zone="UTC", patterns={field.name: field.description for field in kept})
    read, readings = with_readings(frame, feed, {name: frame[name] for name in columns})
    row = read.select(*[reading.value.alias(name) for name, reading in readings.items()]).first()
    assert row is not None
    found = [None if value is None else value.replace(tzinfo=UTC).isoformat() for value in row]
    assert [pattern for (pattern, moment), value in zip(expected, found, strict=True) if moment != value] == []


@pytest.mark.parametrize(("form", "said"), [
    ("%Y%m%dT%I%M%S", "%I is an hour of the 12-hour clock and needs %p"),
    ("%m%dT%H%M%S", "it needs the year"),
    ("%Y%m", "it needs the year"),
    ("%Y%m%dT%H%M%S%Z", "it ignores an offset or the name of a zone"),
    ("%Y%m%dT%H%M%S+0200", "it ignores an offset"),
    ("%Q", "'Q' is a bad"),
])  # fmt: skip
def test_a_moment_in_the_name_of_a_file_is_read_whole(form: str, said: str) -> None:
    with pytest.raises(DefinitionError, match=f"moment_format .*{said}"):
        StateFiles(moment_format=form)


def test_a_moment_in_the_name_of_a_file_keeps_its_offset() -> None:
    states = StateFiles(r"(\d{8}T\d{6}[+-]\d{4})", "%Y%m%dT%H%M%S%z")
    assert states.moment_of("a_20240131T120000+0200.csv") == datetime(2024, 1, 31, 10, tzinfo=UTC)
    assert StateFiles().moment_of("a_20240131T120000Z.csv") == datetime(2024, 1, 31, 12, tzinfo=UTC)
    with pytest.raises(DefinitionError, match="has no group"):
        StateFiles(r"\d{8}", "%Y%m%d")
    with pytest.raises(DefinitionError, match="is not a regular expression"):
        StateFiles(r"(\d{8}", "%Y%m%d")


def test_times_without_a_zone_need_one_that_is_declared() -> None:
    for form in (Parquet(), Delta(key=("at",))):
        fields = (Field("at", T.TimestampNTZType(), "when"),)
        with pytest.raises(DefinitionError, match="at is declared timestamp_ntz, times without a zone; declare their zone"):
            Source("feed", fields, form)
        assert Source("feed", fields, form, zone="UTC").names == ("at",)


@pytest.mark.parametrize("form", ["%Y%m%dT%H%M%SEST", "%Y%m%d-%H%M CET", "%Y%m%d%H%M%Z", "%Y%m%d%H%M+0200"])
def test_the_format_of_a_file_name_does_not_skip_a_zone(form: str) -> None:
    with pytest.raises(DefinitionError, match="it ignores an offset or the name of a zone; %z reads"):
        StateFiles(moment_format=form)
