"""Several files fetched by one call, several calls for one file."""

import time
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from tests.http_fetching import started_fetch
from tests.http_server import Answer, Request, Resource, Server

from tidegate.errors import DefinitionError, FilesNotFetchedError
from tidegate.sources import HttpFile, HttpOptions, fetch_files
from tidegate.sources.http import fetch
from tidegate.sources.http.cache import Record
from tidegate.sources.http.transfer import Transfer, attempt

OLD, NEW = b"day,flights\n2013-01-01,842\n", b"day,flights\n2013-01-01,843\n"


@pytest.mark.parametrize("at_once", [1, 3])
def test_fetch_files_gets_what_it_can_and_names_all_that_failed(
    server: Server, tmp_path: Path, quick: HttpOptions, at_once: int
) -> None:
    paths = ("/a.csv", "/b.csv", "/c.csv", "/d.csv")
    files = [HttpFile(server.script(path, Resource(path.encode(), etag='"1"'))) for path in paths]
    server.script("/b.csv", Answer(404))
    server.script("/d.csv", Answer(500), Answer(500), Answer(500), Resource(b"/d.csv"))
    options = replace(quick, at_once=at_once)
    with pytest.raises(FilesNotFetchedError, match=r"(?s)2 of 4 file.*b\.csv from.*404.*d\.csv from.*500") as caught:
        fetch_files(files, tmp_path, options)
    assert list(caught.value.failures) == ["b.csv", "d.csv"]
    assert [each.file for each in caught.value.fetched] == [files[0], files[2]]

    server.script("/b.csv", Resource(b"/b.csv"))
    states = [(each.file, each.state, each.path.read_bytes()) for each in fetch_files(files, tmp_path, options)]
    assert states == [
        (files[0], "unchanged", b"/a.csv"),
        (files[1], "new", b"/b.csv"),
        (files[2], "unchanged", b"/c.csv"),
        (files[3], "new", b"/d.csv"),
    ]


def test_fetch_files_side_by_side_keeps_the_order_asked_for(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    second_came = Event()

    def waits_for_the_second(request: Request) -> Answer:
        assert second_came.wait(5.0)
        return Answer(body=OLD)

    def comes(request: Request) -> Answer:
        second_came.set()
        return Answer(body=NEW)

    urls = [server.script("/a.csv", waits_for_the_second), server.script("/b.csv", comes)]
    options = replace(quick, at_once=2, read_seconds=10.0)
    fetched = fetch_files([HttpFile(url) for url in urls], tmp_path, options)
    assert [each.path.read_bytes() for each in fetched] == [OLD, NEW]


def test_fetch_files_side_by_side_ends_soon_when_nobody_waits_any_more(
    server: Server, tmp_path: Path, quick: HttpOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(transfer: Transfer, cached: Record | None) -> Record:
        if transfer.file.file_name == "a.csv":
            raise KeyboardInterrupt
        return attempt(transfer, cached)

    monkeypatch.setattr(fetch, "attempt", interrupted)
    dripping = Resource(OLD * 100, etag='"1"').but(piece=10, pause=0.05)
    files = [HttpFile(server.script(path, dripping)) for path in ("/a.csv", "/b.csv")]
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        fetch_files(files, tmp_path, replace(quick, at_once=2))
    assert time.monotonic() - began < 5.0


def test_fetch_files_refuses_two_files_of_one_name(tmp_path: Path) -> None:
    files = [HttpFile("http://host/1/a.csv"), HttpFile("http://host/2/a.csv")]
    with pytest.raises(DefinitionError, match=r"more than one file named a\.csv"):
        fetch_files(files, tmp_path)


def test_fetch_files_of_nothing(tmp_path: Path) -> None:
    assert fetch_files([], tmp_path) == ()


def test_fetch_files_of_two_processes_at_once_costs_one_transfer(server: Server, tmp_path: Path) -> None:
    body = bytes(range(256)) * 40
    url = server.script("/a.csv", Resource(body, etag='"1"').but(piece=1024, pause=0.05))
    started = [started_fetch(url, tmp_path) for _ in range(2)]
    states = sorted(process.communicate(timeout=60)[0].strip() for process in started)
    assert states == ["new", "unchanged"]
    assert (tmp_path / "a.csv").read_bytes() == body
    assert server.asked("If-None-Match") == [None, '"1"']
