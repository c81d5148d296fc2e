"""How many rows lie in a stretch of time, by the log alone: against the count of rows spread evenly."""

from datetime import UTC, datetime, timedelta

import pytest

from tidegate.tables.delta_log.files import LoggedFile
from tidegate.tables.delta_log.rows_logged import rows_in

START = datetime(2024, 1, 1, tzinfo=UTC)
SPANS = [(0, 99), (100, 100), (50, 239), (240, 300)]


def file_of(first: int, last: int, bounds: bool = True) -> LoggedFile:
    """A file with a row an hour, first to last."""
    edges = [(START + timedelta(hours=hour)).isoformat().replace("+00:00", "Z") for hour in (first, last)]
    stated = {"minValues": {"at": edges[0]}, "maxValues": {"at": edges[1]}} if bounds else {}
    return LoggedFile("part.parquet", {}, {"numRecords": last - first + 1, **stated}, 0, {})


@pytest.mark.parametrize("begin", [None, -50, 0, 30, 100, 150, 239, 260, 999])
@pytest.mark.parametrize("length", [1, 24, 100, 2000])
def test_rows_in_a_stretch_are_about_those_that_lie_there(begin: int | None, length: int) -> None:
    first, last = (-10_000 if begin is None else begin), (begin or 0) + length
    counted = sum(max(0, min(last, until + 1) - max(first, since)) for since, until in SPANS)
    start = None if begin is None else START + timedelta(hours=begin)
    files = [file_of(*span) for span in SPANS]
    assert rows_in(files, "at", start, START + timedelta(hours=last)) == pytest.approx(counted, abs=len(files))


def test_a_file_without_bounds_counts_as_a_whole() -> None:
    assert rows_in([file_of(0, 99, bounds=False)], "at", START + timedelta(days=900), START + timedelta(days=901)) == 100
