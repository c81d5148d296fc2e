"""Files fetched into a cache from a server that behaves, again and again, alone and together."""

import logging
import time
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Event

import pytest
from tests.http_process import started_fetch
from tests.http_server import Answer, Request, Resource, Server

from tidegate.errors import DefinitionError, FilesNotFetchedError, WrongChecksumError
from tidegate.sources import FetchedFile, HttpFile, HttpOptions, fetch_files, http_fetch
from tidegate.sources.http_cache import Record
from tidegate.sources.http_transfer import Transfer, attempt

OLD, NEW = b"day,flights\n2013-01-01,842\n", b"day,flights\n2013-01-01,843\n"
MORNING = "Tue, 01 Jan 2013 09:00:00 GMT"


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def fetch(url: str, cache: Path, options: HttpOptions, **declared: str) -> FetchedFile:
    (fetched,) = fetch_files([HttpFile(url, **declared)], cache, options)
    assert digest(fetched.path.read_bytes()) == fetched.sha256
    assert fetched.path.stat().st_size == fetched.bytes
    return fetched


def test_fetch_files_brings_a_new_file(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", Resource(OLD, etag='"1"', last_modified=MORNING))
    fetched = fetch(url, tmp_path / "made" / "cache", quick)
    assert fetched == FetchedFile(
        file=HttpFile(url),
        path=tmp_path / "made" / "cache" / "a.csv",
        state="new",
        bytes=len(OLD),
        sha256=digest(OLD),
        etag='"1"',
        last_modified=datetime(2013, 1, 1, 9, tzinfo=UTC),
    )
    assert fetched.path.read_bytes() == OLD
    assert server.asked("Accept-Encoding") == ["identity"]
    assert sorted(path.name for path in (tmp_path / "made" / "cache").rglob("*")) == [
        ".fetch",
        "a.csv",
        "a.csv",
        "lock",
        "record.json",
    ]


@pytest.mark.parametrize(
    ("resource", "condition", "value"),
    [
        (Resource(OLD, etag='"1"'), "If-None-Match", '"1"'),
        (Resource(OLD, etag='W/"1"'), "If-None-Match", 'W/"1"'),
        (Resource(OLD, last_modified=MORNING), "If-Modified-Since", MORNING),
    ],
)
def test_fetch_files_asks_only_for_changes(
    server: Server, tmp_path: Path, quick: HttpOptions, resource: Resource, condition: str, value: str
) -> None:
    url = server.script("/a.csv", resource)
    first = fetch(url, tmp_path, quick)
    modified = first.path.stat().st_mtime_ns
    again = fetch(url, tmp_path, quick)
    assert again == replace(first, state="unchanged")
    assert again.path.stat().st_mtime_ns == modified
    assert server.asked(condition) == [None, value]

    server.script("/a.csv", replace(resource, body=NEW, etag=resource.etag and '"2"', last_modified=None))
    changed = fetch(url, tmp_path, quick)
    assert (changed.state, changed.path.read_bytes()) == ("changed", NEW)
    assert server.asked(condition) == [None, value, value]


def test_fetch_files_takes_the_same_bytes_for_unchanged(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", Resource(OLD), Resource(OLD, etag='"2"'))
    modified = fetch(url, tmp_path, quick).path.stat().st_mtime_ns
    again = fetch(url, tmp_path, quick)
    assert (again.state, again.etag, again.path.stat().st_mtime_ns) == ("unchanged", '"2"', modified)
    fetch(url, tmp_path, quick)
    assert server.asked("If-None-Match") == [None, None, '"2"']


@pytest.mark.parametrize("damage", ["other bytes", "shorter", "gone"])
def test_fetch_files_brings_a_damaged_file_anew(server: Server, tmp_path: Path, quick: HttpOptions, damage: str) -> None:
    url = server.script("/a.csv", Resource(OLD, etag='"1"', last_modified=MORNING))
    path = fetch(url, tmp_path, quick).path
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(NEW if damage == "other bytes" else OLD[:5])
    again = fetch(url, tmp_path, quick)
    assert (again.state, again.path.read_bytes()) == ("unchanged", OLD)
    assert server.asked("If-None-Match") == [None, None]
    assert server.asked("If-Modified-Since") == [None, None]


@pytest.mark.parametrize("note", ["", "{", "[]", '{"url": 1}'])
def test_fetch_files_takes_a_note_that_it_can_not_read_for_none(
    server: Server, tmp_path: Path, quick: HttpOptions, note: str
) -> None:
    url = server.script("/a.csv", Resource(OLD, etag='"1"'))
    fetch(url, tmp_path, quick)
    (tmp_path / ".fetch" / "a.csv" / "record.json").write_text(note)
    assert fetch(url, tmp_path, quick).state == "new"
    assert server.asked("If-None-Match") == [None, None]


def test_fetch_files_does_not_ask_another_url_for_changes_of_the_first(
    server: Server, tmp_path: Path, quick: HttpOptions
) -> None:
    year = server.script("/a.csv", Resource(OLD, etag='"1"'))
    fetch(f"{year}?year=2013", tmp_path, quick)
    server.script("/a.csv", Resource(NEW, etag='"1"'))
    assert fetch(f"{year}?year=2014", tmp_path, quick).state == "changed"
    assert server.asked("If-None-Match") == [None, None]


def test_fetch_files_does_not_ask_for_bytes_that_are_declared_and_there(
    server: Server, tmp_path: Path, quick: HttpOptions
) -> None:
    url = server.script("/a.csv", Resource(OLD, etag='"1"'))
    fetch(url, tmp_path, quick, sha256=digest(OLD).upper())
    assert fetch(url, tmp_path, quick, sha256=digest(OLD)).state == "unchanged"
    assert len(server.requests) == 1


def test_fetch_files_gets_other_bytes_than_the_cache_has_where_others_are_declared(
    server: Server, tmp_path: Path, quick: HttpOptions
) -> None:
    url = server.script("/a.csv", Resource(OLD, etag='"1"'))
    fetch(url, tmp_path, quick)
    # A server that gives two versions one name: a condition would bring 304 for ever.
    server.script("/a.csv", Resource(NEW, etag='"1"'))
    assert fetch(url, tmp_path, quick, sha256=digest(NEW)).state == "changed"


def test_fetch_files_refuses_other_bytes_than_declared_and_keeps_the_earlier(
    server: Server, tmp_path: Path, quick: HttpOptions
) -> None:
    url = server.script("/a.csv", Resource(OLD, etag='"1"'), Resource(NEW, etag='"2"'))
    fetch(url, tmp_path, quick)
    with pytest.raises(FilesNotFetchedError) as caught:
        fetch(url, tmp_path, quick, sha256="a" * 64)
    error = caught.value.failures["a.csv"]
    assert isinstance(error, WrongChecksumError)
    assert "a" * 64 in str(error)
    assert digest(NEW) in str(error)
    assert (tmp_path / "a.csv").read_bytes() == OLD
    assert not list(tmp_path.rglob("*.part"))
    assert len(server.requests) == 2


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

    monkeypatch.setattr(http_fetch, "attempt", interrupted)
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


def test_fetch_files_names_a_cache_that_it_can_not_write(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    (tmp_path / "cache").write_text("a file")
    url = server.script("/a.csv", Resource(OLD))
    with pytest.raises(FilesNotFetchedError, match="the cache .*/cache failed"):
        fetch(url, tmp_path / "cache", quick)


def test_fetch_files_keeps_secrets_out_of_messages_logs_and_notes(
    server: Server, tmp_path: Path, quick: HttpOptions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    url = server.script("/a.csv", Answer(503), Resource(OLD, etag='"1"')).replace("//", "//us3r:pa55@")
    options = replace(quick, headers={"X-Key": "k3y"})
    fetch(f"{url}?sig=t0ken", tmp_path, options)
    server.script("/a.csv", Answer(403))
    with pytest.raises(FilesNotFetchedError, match=r"a\.csv\?sig=\*\*\*: answered 403 Forbidden") as caught:
        fetch(f"{url}?sig=t0ken", tmp_path, options)
    assert "503 Service Unavailable" in caplog.text
    assert server.asked("X-Key") == ["k3y"] * 3
    assert server.asked("Authorization")[0] is not None
    assert server.requests[0].path == "/a.csv?sig=t0ken"
    notes = "".join(path.read_text() for path in (tmp_path / ".fetch").rglob("*") if path.is_file())
    seen = f"{caught.value} {caplog.text} {notes} {options}"
    assert not [secret for secret in ("us3r", "pa55", "t0ken", "k3y") if secret in seen]


def test_fetch_files_of_two_processes_at_once_costs_one_transfer(server: Server, tmp_path: Path) -> None:
    body = bytes(range(256)) * 40
    url = server.script("/a.csv", Resource(body, etag='"1"').but(piece=1024, pause=0.05))
    started = [started_fetch(url, tmp_path) for _ in range(2)]
    states = sorted(process.communicate(timeout=60)[0].strip() for process in started)
    assert states == ["new", "unchanged"]
    assert (tmp_path / "a.csv").read_bytes() == body
    assert server.asked("If-None-Match") == [None, '"1"']
