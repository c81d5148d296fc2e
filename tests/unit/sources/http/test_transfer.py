"""Transfers that broke off, and what comes when they are gone on with."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.http_fetching import fetch_one, started_fetch
from tests.http_server import Resource, Server

from tidegate.errors import FilesNotFetchedError
from tidegate.sources import HttpOptions

BODY = bytes(range(256)) * 40
OTHER = BODY[::-1]
SIZE, HALF = len(BODY), len(BODY) // 2
FILE = Resource(BODY, etag='"1"')
GIVEN_UP = (
    r"1 of 1 file\(s\) were not fetched into .*:\n.*a\.csv: gave up after 1 attempt\(s\); the last one failed with: "
    r".*Run the same again later"
)
MORNING = "Tue, 01 Jan 2013 09:00:00 GMT"


def assert_whole(cache: Path, body: bytes = BODY) -> None:
    assert (cache / "a.csv").read_bytes() == body
    assert not list(cache.rglob("*.part"))


def part_of(cache: Path) -> Path:
    return cache / ".fetch" / "a.csv" / "content.part"


@pytest.mark.parametrize(
    ("resource", "validator"),
    [(FILE, '"1"'), (Resource(BODY, last_modified=MORNING), MORNING), (Resource(BODY, '"1"', MORNING), '"1"')],
)
def test_a_transfer_that_broke_off_asks_only_for_the_rest(
    server: Server, tmp_path: Path, quick: HttpOptions, resource: Resource, validator: str
) -> None:
    url = server.script("/a.csv", resource.but(stops_after=HALF), resource.but(stops_after=100), resource)
    assert fetch_one(url, tmp_path, quick).state == "new"
    assert_whole(tmp_path)
    assert server.asked("Range") == [None, f"bytes={HALF}-", f"bytes={HALF + 100}-"]
    assert server.asked("If-Range") == [None, validator, validator]


def test_chunks_that_broke_off_are_gone_on_with(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", FILE.but(chunked=True, stops_after=HALF), FILE)
    fetch_one(url, tmp_path, quick)
    assert_whole(tmp_path)
    assert server.asked("Range") == [None, f"bytes={HALF}-"]


def test_a_stalled_transfer_is_gone_on_with(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", FILE.but(stalls_after=HALF), FILE)
    fetch_one(url, tmp_path, replace(quick, read_seconds=1.0))
    assert_whole(tmp_path)
    assert server.asked("Range") == [None, f"bytes={HALF}-"]


def test_a_dripping_transfer_is_broken_off_and_gone_on_with(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", FILE.but(piece=10, pause=0.02), FILE)
    options = replace(quick, slowest_bytes_per_second=2_000.0, slow_seconds=0.3)
    fetch_one(url, tmp_path, options)
    assert_whole(tmp_path)
    (first, second) = server.asked("Range")
    assert first is None
    assert second is not None
    assert 0 < int(second.removeprefix("bytes=").rstrip("-")) < HALF


def test_a_slow_transfer_that_is_fast_enough_is_left_alone(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", FILE.but(piece=1024, pause=0.03))
    fetch_one(url, tmp_path, replace(quick, slowest_bytes_per_second=1000.0, slow_seconds=0.1))
    assert_whole(tmp_path)
    assert len(server.requests) == 1


def test_what_came_waits_for_the_next_call(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", FILE.but(stops_after=HALF))
    with pytest.raises(FilesNotFetchedError, match=rf"gave up after 1 attempt.*keeps the first {HALF} bytes"):
        fetch_one(url, tmp_path, replace(quick, attempts=1))
    assert not (tmp_path / "a.csv").exists()
    assert part_of(tmp_path).read_bytes() == BODY[:HALF]

    server.script("/a.csv", FILE)
    fetch_one(url, tmp_path, quick)
    assert_whole(tmp_path)
    assert server.asked("Range") == [None, f"bytes={HALF}-"]


def test_a_file_that_breaks_off_for_ever_is_given_up(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", FILE.but(stops_after=10))
    with pytest.raises(FilesNotFetchedError, match=r"gave up after 3 attempt.*broke off.*keeps the first 30 bytes"):
        fetch_one(url, tmp_path, quick)
    assert len(server.requests) == quick.attempts
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(
    "resource",
    [Resource(BODY), Resource(BODY, 'W/"1"'), Resource(BODY, last_modified=MORNING, headers={"Date": MORNING})],
    ids=["unnamed", "weak", "changed this second"],
)
def test_a_part_of_no_certain_version_starts_over(server: Server, tmp_path: Path, quick: HttpOptions, resource: Resource) -> None:
    url = server.script("/a.csv", resource.but(stops_after=HALF), resource)
    fetch_one(url, tmp_path, quick)
    assert_whole(tmp_path)
    assert server.asked("Range") == [None, None]


def test_a_part_that_is_whole_already_asks_for_its_last_byte(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", FILE.but(stops_after=SIZE - 1))
    with pytest.raises(FilesNotFetchedError, match=GIVEN_UP):
        fetch_one(url, tmp_path, replace(quick, attempts=1))
    # As if the process had died after the last byte.
    part_of(tmp_path).write_bytes(BODY)
    server.script("/a.csv", FILE)
    fetch_one(url, tmp_path, quick)
    assert_whole(tmp_path)
    assert server.asked("Range") == [None, f"bytes={SIZE - 1}-"]


def test_a_part_of_another_url_is_not_gone_on_with(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    first = server.script("/1/a.csv", FILE.but(stops_after=HALF))
    with pytest.raises(FilesNotFetchedError, match=GIVEN_UP):
        fetch_one(first, tmp_path, replace(quick, attempts=1))
    fetch_one(server.script("/2/a.csv", Resource(OTHER, etag='"1"')), tmp_path, quick)
    assert_whole(tmp_path, OTHER)
    assert server.asked("Range") == [None, None]


def test_a_part_whose_note_is_lost_starts_over(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", FILE.but(stops_after=HALF))
    with pytest.raises(FilesNotFetchedError, match=GIVEN_UP):
        fetch_one(url, tmp_path, replace(quick, attempts=1))
    (tmp_path / ".fetch" / "a.csv" / "part.json").unlink()
    server.script("/a.csv", FILE)
    fetch_one(url, tmp_path, quick)
    assert_whole(tmp_path)
    assert server.asked("Range") == [None, None]


def test_a_newer_version_that_broke_off_leaves_the_cached_one(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", FILE)
    fetch_one(url, tmp_path, quick)
    newer = Resource(OTHER, etag='"2"')
    server.script("/a.csv", newer.but(stops_after=HALF))
    with pytest.raises(FilesNotFetchedError, match=GIVEN_UP):
        fetch_one(url, tmp_path, replace(quick, attempts=1))
    assert (tmp_path / "a.csv").read_bytes() == BODY

    server.script("/a.csv", newer)
    assert fetch_one(url, tmp_path, quick).state == "changed"
    assert_whole(tmp_path, OTHER)
    assert server.asked("If-None-Match") == [None, '"1"', '"1"']
    assert server.asked("If-Range") == [None, None, '"2"']


def test_a_newer_version_that_is_withdrawn_is_forgotten(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    newer = Resource(OTHER, etag='"2"')
    url = server.script("/a.csv", FILE, newer.but(stops_after=HALF), FILE)
    fetch_one(url, tmp_path, quick)
    assert fetch_one(url, tmp_path, quick).state == "unchanged"
    assert_whole(tmp_path)


@pytest.mark.parametrize("has_older", [False, True])
def test_a_killed_process_leaves_what_the_next_one_goes_on_with(
    server: Server, tmp_path: Path, quick: HttpOptions, has_older: bool
) -> None:
    url = server.script("/a.csv", Resource(OTHER, etag='"0"'))
    if has_older:
        fetch_one(url, tmp_path, quick)
    server.script("/a.csv", FILE.but(piece=256, pause=0.1))
    process = started_fetch(url, tmp_path)
    end = time.monotonic() + 30.0
    while not (part_of(tmp_path).exists() and part_of(tmp_path).stat().st_size >= 512):
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    came = part_of(tmp_path).stat().st_size
    # What comes is written at once: a buffer of 4096 bytes would have shown nothing yet.
    assert 512 <= came < 4096
    assert (tmp_path / "a.csv").exists() is has_older
    assert not has_older or (tmp_path / "a.csv").read_bytes() == OTHER

    server.script("/a.csv", FILE)
    assert fetch_one(url, tmp_path, quick).state == ("changed" if has_older else "new")
    assert_whole(tmp_path)
    assert server.asked("Range")[-1] == f"bytes={came}-"
    assert server.asked("If-Range")[-1] == '"1"'
