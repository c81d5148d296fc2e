"""Files fetched into a cache from a server that behaves, again and again, alone and together."""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from tests.http_fetching import fetch_one
from tests.http_server import Answer, Resource, Server

from tidegate.errors import FilesNotFetchedError, WrongChecksumError
from tidegate.sources import FetchedFile, HttpFile, HttpOptions

OLD, NEW = b"day,flights\n2013-01-01,842\n", b"day,flights\n2013-01-01,843\n"
MORNING = "Tue, 01 Jan 2013 09:00:00 GMT"


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def test_fetch_files_brings_a_new_file(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", Resource(OLD, etag='"1"', last_modified=MORNING))
    fetched = fetch_one(url, tmp_path / "made" / "cache", quick)
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
    first = fetch_one(url, tmp_path, quick)
    modified = first.path.stat().st_mtime_ns
    again = fetch_one(url, tmp_path, quick)
    assert again == replace(first, state="unchanged")
    assert again.path.stat().st_mtime_ns == modified
    assert server.asked(condition) == [None, value]

    server.script("/a.csv", replace(resource, body=NEW, etag=resource.etag and '"2"', last_modified=None))
    changed = fetch_one(url, tmp_path, quick)
    assert (changed.state, changed.path.read_bytes()) == ("changed", NEW)
    assert server.asked(condition) == [None, value, value]


def test_fetch_files_takes_the_same_bytes_for_unchanged(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", Resource(OLD), Resource(OLD, etag='"2"'))
    modified = fetch_one(url, tmp_path, quick).path.stat().st_mtime_ns
    again = fetch_one(url, tmp_path, quick)
    assert (again.state, again.etag, again.path.stat().st_mtime_ns) == ("unchanged", '"2"', modified)
    fetch_one(url, tmp_path, quick)
    assert server.asked("If-None-Match") == [None, None, '"2"']


@pytest.mark.parametrize("damage", ["other bytes", "shorter", "gone"])
def test_fetch_files_brings_a_damaged_file_anew(server: Server, tmp_path: Path, quick: HttpOptions, damage: str) -> None:
    url = server.script("/a.csv", Resource(OLD, etag='"1"', last_modified=MORNING))
    path = fetch_one(url, tmp_path, quick).path
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(NEW if damage == "other bytes" else OLD[:5])
    again = fetch_one(url, tmp_path, quick)
    assert (again.state, again.path.read_bytes()) == ("unchanged", OLD)
    assert server.asked("If-None-Match") == [None, None]
    assert server.asked("If-Modified-Since") == [None, None]


@pytest.mark.parametrize("note", ["", "{", "[]", '{"url": 1}'])
def test_fetch_files_takes_a_note_that_it_can_not_read_for_none(
    server: Server, tmp_path: Path, quick: HttpOptions, note: str
) -> None:
    url = server.script("/a.csv", Resource(OLD, etag='"1"'))
    fetch_one(url, tmp_path, quick)
    (tmp_path / ".fetch" / "a.csv" / "record.json").write_text(note)
    assert fetch_one(url, tmp_path, quick).state == "new"
    assert server.asked("If-None-Match") == [None, None]


def test_fetch_files_does_not_ask_another_url_for_changes_of_the_first(
    server: Server, tmp_path: Path, quick: HttpOptions
) -> None:
    year = server.script("/a.csv", Resource(OLD, etag='"1"'))
    fetch_one(f"{year}?year=2013", tmp_path, quick)
    server.script("/a.csv", Resource(NEW, etag='"1"'))
    assert fetch_one(f"{year}?year=2014", tmp_path, quick).state == "changed"
    assert server.asked("If-None-Match") == [None, None]


def test_fetch_files_does_not_ask_for_bytes_that_are_declared_and_there(
    server: Server, tmp_path: Path, quick: HttpOptions
) -> None:
    url = server.script("/a.csv", Resource(OLD, etag='"1"'))
    fetch_one(url, tmp_path, quick, sha256=digest(OLD).upper())
    assert fetch_one(url, tmp_path, quick, sha256=digest(OLD)).state == "unchanged"
    assert len(server.requests) == 1


def test_fetch_files_gets_other_bytes_than_the_cache_has_where_others_are_declared(
    server: Server, tmp_path: Path, quick: HttpOptions
) -> None:
    url = server.script("/a.csv", Resource(OLD, etag='"1"'))
    fetch_one(url, tmp_path, quick)
    # A server that gives two versions one name: a condition would bring 304 for ever.
    server.script("/a.csv", Resource(NEW, etag='"1"'))
    assert fetch_one(url, tmp_path, quick, sha256=digest(NEW)).state == "changed"


def test_fetch_files_refuses_other_bytes_than_declared_and_keeps_the_earlier(
    server: Server, tmp_path: Path, quick: HttpOptions
) -> None:
    url = server.script("/a.csv", Resource(OLD, etag='"1"'), Resource(NEW, etag='"2"'))
    fetch_one(url, tmp_path, quick)
    with pytest.raises(FilesNotFetchedError) as caught:
        fetch_one(url, tmp_path, quick, sha256="a" * 64)
    error = caught.value.failures["a.csv"]
    assert isinstance(error, WrongChecksumError)
    assert "a" * 64 in str(error)
    assert digest(NEW) in str(error)
    assert (tmp_path / "a.csv").read_bytes() == OLD
    assert not list(tmp_path.rglob("*.part"))
    assert len(server.requests) == 2


def test_fetch_files_names_a_cache_that_it_can_not_write(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    (tmp_path / "cache").write_text("a file")
    url = server.script("/a.csv", Resource(OLD))
    with pytest.raises(FilesNotFetchedError, match="the cache .*/cache failed"):
        fetch_one(url, tmp_path / "cache", quick)


def test_fetch_files_keeps_secrets_out_of_messages_logs_and_notes(
    server: Server, tmp_path: Path, quick: HttpOptions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    url = server.script("/a.csv", Answer(503), Resource(OLD, etag='"1"')).replace("//", "//us3r:pa55@")
    options = replace(quick, headers={"X-Key": "k3y"})
    fetch_one(f"{url}?sig=t0ken", tmp_path, options)
    server.script("/a.csv", Answer(403))
    with pytest.raises(FilesNotFetchedError, match=r"a\.csv\?sig=\*\*\*: answered 403 Forbidden") as caught:
        fetch_one(f"{url}?sig=t0ken", tmp_path, options)
    assert "503 Service Unavailable" in caplog.text
    assert server.asked("X-Key") == ["k3y"] * 3
    assert server.asked("Authorization")[0] is not None
    assert server.requests[0].path == "/a.csv?sig=t0ken"
    notes = "".join(path.read_text() for path in (tmp_path / ".fetch").rglob("*") if path.is_file())
    seen = f"{caught.value} {caplog.text} {notes} {options}"
    assert not [secret for secret in ("us3r", "pa55", "t0ken", "k3y") if secret in seen]
