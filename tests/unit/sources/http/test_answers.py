"""Answers to requests for the rest of a file that are not its rest."""

from hashlib import sha256
from pathlib import Path

import pytest
from tests.http_fetching import fetch_one
from tests.http_server import Answer, Request, Resource, Script, Server

from tidegate.sources import HttpOptions

BODY = bytes(range(256)) * 40
OTHER = BODY[::-1]
SIZE, HALF = len(BODY), len(BODY) // 2
FILE = Resource(BODY, etag='"1"')


def assert_whole(cache: Path, body: bytes = BODY) -> None:
    assert (cache / "a.csv").read_bytes() == body
    assert not list(cache.rglob("*.part"))


def rest(start: int, end: int, total: int | str, body: bytes | None = None, **headers: str) -> Answer:
    """A 206 that says what it likes."""
    content = BODY[start : end + 1] if body is None else body
    return Answer(206, {"ETag": '"1"', "Content-Range": f"bytes {start}-{end}/{total}", **headers}, content)


@pytest.mark.parametrize(
    "changed",
    [
        Resource(OTHER, etag='"2"'),
        Resource(OTHER + b"longer", etag='"2"'),
        Resource(b"", etag='"2"'),
        Answer(200, {"ETag": '"1"'}, OTHER),
    ],
    ids=["other", "longer", "empty", "200 to a range"],
)
def test_another_version_than_the_part_starts_over(server: Server, tmp_path: Path, quick: HttpOptions, changed: Script) -> None:
    url = server.script("/a.csv", FILE.but(stops_after=HALF), changed)
    fetch_one(url, tmp_path, quick)
    assert_whole(tmp_path, changed(Request("/a.csv", {})).body)
    assert server.asked("If-Range") == [None, '"1"']


@pytest.mark.parametrize(
    "wrong",
    [
        rest(0, SIZE - 1, SIZE),
        rest(HALF + 1, SIZE - 1, SIZE),
        rest(HALF - 1, SIZE - 1, SIZE),
        rest(HALF, SIZE - 1, SIZE + 1),
        rest(HALF, SIZE, SIZE),
        rest(HALF, HALF - 1, SIZE, body=b""),
        Answer(206, {"ETag": '"1"'}, BODY[HALF:]),
        Answer(206, {"Content-Range": "bytes", "Content-Type": "multipart/byteranges"}, BODY[HALF:]),
        Answer(206, {"ETag": '"2"', "Content-Range": f"bytes {HALF}-{SIZE - 1}/{SIZE}"}, OTHER[HALF:]),
        rest(HALF, SIZE - 2, SIZE, body=BODY[HALF:] + b"more"),
        Answer(416, {"Content-Range": f"bytes */{SIZE}"}),
        Answer(416),
    ],
    ids=lambda wrong: f"{wrong.status} {wrong.headers.get('Content-Range', 'without')}",
)
def test_a_wrong_rest_is_refused_and_the_next_attempt_starts_over(
    server: Server, tmp_path: Path, quick: HttpOptions, wrong: Answer
) -> None:
    url = server.script("/a.csv", FILE.but(stops_after=HALF), wrong, FILE)
    fetch_one(url, tmp_path, quick)
    assert_whole(tmp_path)
    assert server.asked("Range") == [None, f"bytes={HALF}-", None]


def test_a_rest_that_ends_early_is_gone_on_with(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", FILE.but(stops_after=HALF), rest(HALF, HALF + 9, SIZE), FILE)
    fetch_one(url, tmp_path, quick)
    assert_whole(tmp_path)
    assert server.asked("Range") == [None, f"bytes={HALF}-", f"bytes={HALF + 10}-"]


def test_parts_of_two_versions_under_one_name_are_told_by_the_checksum(
    server: Server, tmp_path: Path, quick: HttpOptions
) -> None:
    mixed = rest(HALF, SIZE - 1, SIZE, body=OTHER[HALF:])
    url = server.script("/a.csv", FILE.but(stops_after=HALF), mixed, FILE)
    fetch_one(url, tmp_path, quick, sha256=sha256(BODY).hexdigest())
    assert_whole(tmp_path)
    assert server.asked("Range") == [None, f"bytes={HALF}-", None]


def test_a_digest_stated_at_the_beginning_holds_for_the_whole(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    stating = Resource(BODY, '"1"', headers={"Digest": f"sha-256={sha256(BODY).hexdigest()}"})
    mixed = rest(HALF, SIZE - 1, SIZE, body=OTHER[HALF:])
    url = server.script("/a.csv", stating.but(stops_after=HALF), mixed, stating)
    fetch_one(url, tmp_path, quick)
    assert_whole(tmp_path)
    assert len(server.requests) == 3
