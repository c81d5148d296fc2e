"""Saved pages are read row by row, from a server that is slow, wrong and partial; other tables are refused by name."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from tests.http_server import Answer, Resource, Server

from tidegate.errors import DefinitionError, FilesNotFetchedError, WrongFilesError
from tidegate.schema import Field
from tidegate.sources import HtmlTable, HttpFile, HttpOptions, Source, fetch_files, land_files
from tidegate.sources.folders import list_below
from tidegate.sources.judged_rows import AS_READ, BLOCK, CELLS, FAULTS, FILE, NUMBER, RECEIVED
from tidegate.sources.read_files import VERDICT, ReadFiles, read_files

FIELDS = (
    Field("station", T.StringType(), "station"),
    Field("level", T.DoubleType(), "water level", "cm"),
    Field("day", T.DateType(), "day"),
)
LEVELS = Source(
    "levels",
    FIELDS,
    HtmlTable(caption="Levels", decimal=",", nulls=("–",)),
    headers={"level": "Level (cm)", "station": "Station"},
    patterns={"day": "dd.MM.yyyy"},
    required=("station",),
    may_hold_back=1.0,
)


def page(columns: str, *rows: str, caption: str = "Levels") -> bytes:
    header = "".join(f"<th>{name}" for name in columns.split("|"))
    body = "".join(f"<tr>{''.join(f'<td>{cell}' for cell in row.split('|'))}" for row in rows)
    other = "<table><tr><td>menu</table>"
    return f"<title>Water</title>{other}<table><caption>{caption}</caption><tr>{header}{body}</table>".encode()


RIGHT = page(
    "Station|Level (cm)|day", "A|1,5|01.02.2024", "B|–|02.02.2024", "Station|Level (cm)|day", "C|1.5|03.02.2024", "D|1,5"
)
MOVED = page("day|note|Station|Level (cm)", "04.02.2024|new|Łódź|-2|", "04.02.2024|new|E|3", "||", "05.02.2024|new||4")


def landed(spark: SparkSession, folder: Path, options: HttpOptions, *urls: str) -> Path:
    fetched = fetch_files([HttpFile(url) for url in urls], folder / "cache", options)
    land_files(spark, fetched, str(folder / "landing"))
    return folder / "landing"


def read(spark: SparkSession, source: Source, folder: Path) -> ReadFiles:
    return read_files(spark, source, str(folder), list_below(spark, str(folder)))


def placed(found: ReadFiles, names: Sequence[str]) -> list[tuple[object, ...]]:
    rows = found.rows.selectExpr("_name", "_line", VERDICT, *names, FAULTS).orderBy("_name", "_line").collect()
    return [tuple(row) for row in rows]


@pytest.mark.slow
def test_pages_of_a_slow_and_broken_server_are_read_with_their_places(
    spark: SparkSession, server: Server, quick: HttpOptions, tmp_path: Path
) -> None:
    cut, busy = Resource(RIGHT, etag='"1"').but(stops_after=len(RIGHT) - 40), Answer(503, {"Retry-After": "0"}, b"<h1>busy</h1>")
    first = server.script("/right.html", busy, cut, Resource(RIGHT, etag='"1"').but(piece=100, pause=0.01))
    folder = landed(spark, tmp_path, quick, first, server.script("/moved.html", Answer(body=MOVED)))
    found = read(spark, LEVELS, folder)
    assert placed(found, ["station", "level", "date_format(day, 'yyyy-MM-dd')"]) == [
        ("moved.html", 2, "quarantined", None, None, None, ["not as many cells as the header has"]),
        ("moved.html", 3, "accepted", "E", 3.0, "2024-02-04", None),
        ("moved.html", 5, "quarantined", None, 4.0, "2024-02-05", ["station: missing"]),
        ("right.html", 2, "accepted", "A", 1.5, "2024-02-01", None),
        ("right.html", 3, "accepted", "B", None, "2024-02-02", None),
        ("right.html", 5, "quarantined", "C", None, "2024-02-03", ["level: not a number"]),
        ("right.html", 6, "quarantined", None, None, None, ["not as many cells as the header has"]),
    ]
    # With the right decimal mark, the same text is a row; in the other rows nothing has changed.
    held = found.rows.where(F.col(VERDICT) == "quarantined").select(
        F.lit("id").alias(FILE), F.lit(0).alias(BLOCK), F.col("_line").alias(NUMBER), F.col(RECEIVED).alias(AS_READ),
        F.lit(None).cast("map<string,string>").alias(CELLS),
    )  # fmt: skip
    mended = replace(LEVELS, format=HtmlTable(caption="Levels"))
    again = mended.format.read_held(mended, held)
    assert [row["level"] for row in again.where(F.col(FAULTS).isNull()).collect()] == [1.5]


@pytest.mark.slow
def test_a_page_of_another_table_is_refused_by_name(
    spark: SparkSession, server: Server, quick: HttpOptions, tmp_path: Path
) -> None:
    pages = {
        "renamed": page("Station|Level|day", "A|1,5|01.02.2024"),
        "caption": page("Station|Level (cm)|day", "A|1,5|01.02.2024", caption="Level"),
        "error": b"<title>Maintenance</title><h1>We are back soon</h1>",
        "twice": page("Station|Level (cm)|day|day", "A|1,5|01.02.2024|x"),
        "empty": b"",
    }
    urls = [server.script(f"/{name}.html", Answer(body=body)) for name, body in pages.items()]
    folder = landed(spark, tmp_path, quick, server.script("/right.html", Answer(body=RIGHT)), *urls)
    with pytest.raises(WrongFilesError) as caught:
        read(spark, LEVELS, folder)
    lines = str(caught.value).splitlines()[1:-1]
    assert lines == [
        "  caption.html: no table has the caption 'Levels'; the page has 2 tables, with the captions: 'Level'. "
        "Did you mean 'Level'?",
        "  empty.html: the file is empty",
        "  error.html: the page has no table (its title is 'Maintenance'); it may be an error or login page",
        "  renamed.html: missing column Level (cm); the table has the columns Station, Level, day. Did you mean 'Level'?",
        "  twice.html: column day occurs twice; the table has the columns Station, Level (cm), day, day",
    ]


def test_a_page_that_never_comes_whole_is_not_landed(server: Server, quick: HttpOptions, tmp_path: Path) -> None:
    url = server.script("/cut.html", Answer(body=RIGHT, stops_after=60))
    with pytest.raises(FilesNotFetchedError, match="gave up after 3 attempt"):
        fetch_files([HttpFile(url)], tmp_path, quick)
    assert not (tmp_path / "cut.html").exists()


def test_a_header_that_is_none_shows_no_value_of_a_row(spark: SparkSession) -> None:
    with pytest.raises(DefinitionError, match="source 'p': at is array<string>, which can't be read from a cell of a page"):
        Source("p", (Field("at", T.ArrayType(T.StringType()), "times"),), HtmlTable())
