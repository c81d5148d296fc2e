"""What a server may answer instead of the file, and what is done then."""

import base64
import gzip
import hashlib
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.http_fetching import failure, fetch_one
from tests.http_server import Answer, Resource, Script, Server

from tidegate.errors import GaveUpError, RefusedAnswerError, WrongChecksumError
from tidegate.sources import HttpOptions

BODY = b"day,flights\n2013-01-01,842\n"
FILE = Resource(BODY, etag='"1"')


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_status_that_may_pass_is_tried_again(server: Server, tmp_path: Path, quick: HttpOptions, status: int) -> None:
    url = server.script("/a.csv", Answer(status), Answer(status), FILE)
    assert fetch_one(url, tmp_path, quick).path.read_bytes() == BODY
    assert len(server.requests) == 3


def test_a_status_that_does_not_pass_is_given_up(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    error = failure(server.script("/a.csv", Answer(500)), tmp_path, quick)
    assert isinstance(error, GaveUpError)
    assert "gave up after 3 attempt(s); the last one failed with: answered 500 Internal Server Error" in str(error)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "400 Bad Request. Check the url"),
        (401, "401 Unauthorized. Send the credentials that it asks for with HttpOptions"),
        (403, "403 Forbidden. Ask for access"),
        (404, "404 Not Found. Check the url"),
        (410, "410 Gone. The file was removed"),
        (416, "416 "),
        (501, "501 Not Implemented"),
        (204, "204 No Content"),
        (206, "206 Partial Content"),
        (300, "300 Multiple Choices"),
        (304, "304 Not Modified"),
        (599, "answered 599. Check"),
    ],
)
def test_another_status_is_refused_at_once(server: Server, tmp_path: Path, quick: HttpOptions, status: int, said: str) -> None:
    url = server.script("/a.csv", Answer(status, {"Content-Length": None} if status in (204, 304) else {}))
    error = failure(url, tmp_path, quick)
    assert isinstance(error, RefusedAnswerError)
    assert said in str(error)
    assert f"file a.csv from {url}: " in str(error)
    assert len(server.requests) == 1


@pytest.mark.parametrize("wanted", ["1", "Tue, 01 Jan 2013 12:00:01 GMT"])
def test_retry_after_is_waited_for(server: Server, tmp_path: Path, quick: HttpOptions, wanted: str) -> None:
    url = server.script("/a.csv", Answer(503, {"Retry-After": wanted}), FILE)
    began = time.monotonic()
    fetch_one(url, tmp_path, replace(quick, longest_pause_seconds=30.0))
    assert 1.0 <= time.monotonic() - began < 5.0


def test_retry_after_is_waited_for_no_longer_than_the_longest_pause(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", Answer(429, {"Retry-After": "3600"}), FILE)
    began = time.monotonic()
    fetch_one(url, tmp_path, replace(quick, longest_pause_seconds=0.2))
    assert 0.2 <= time.monotonic() - began < 5.0


def test_a_server_that_says_nothing_is_given_up(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    error = failure(server.script("/a.csv", FILE.but(stalls_after=0)), tmp_path, replace(quick, read_seconds=0.1))
    assert "the server sent nothing for 0.1 s" in str(error)
    assert len(server.requests) == 3


def test_a_server_that_is_not_there_is_given_up(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        error = failure(f"http://127.0.0.1:{reserved.getsockname()[1]}/a.csv", tmp_path, quick)
    assert isinstance(error, GaveUpError)
    assert "no connection: " in str(error)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {"Content-Length": str(len(BODY) + 5), "ETag": '"1"'}, BODY),
        Answer(200, {"Content-Length": "many"}, BODY),
        Answer(200, {"Transfer-Encoding": "chunked", "Content-Length": None}, b"no chunk"),
    ],
    ids=["too long", "no number", "no chunk"],
)
def test_a_wrong_length_never_makes_a_file(server: Server, tmp_path: Path, quick: HttpOptions, answer: Answer) -> None:
    error = failure(server.script("/a.csv", answer), tmp_path, quick)
    assert isinstance(error, GaveUpError)
    assert len(server.requests) == 3


def test_a_body_without_a_length_is_refused_as_it_may_be_cut(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", Answer(200, {"Content-Length": None}, BODY))
    assert "doesn't say how long it is" in str(failure(url, tmp_path, quick))
    assert len(server.requests) == 1
    assert fetch_one(url, tmp_path, quick, sha256=hashlib.sha256(BODY).hexdigest()).path.read_bytes() == BODY


def test_chunks_are_a_whole_body(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", FILE.but(chunked=True, piece=5))
    assert fetch_one(url, tmp_path, quick).path.read_bytes() == BODY


@pytest.mark.parametrize("answer", [Answer(), Answer(chunked=True)], ids=["length 0", "no chunks"])
def test_an_empty_file_that_is_said_to_be_empty_is_a_file(
    server: Server, tmp_path: Path, quick: HttpOptions, answer: Answer
) -> None:
    fetched = fetch_one(server.script("/a.csv", answer), tmp_path, quick)
    assert (fetched.bytes, fetched.path.read_bytes()) == (0, b"")


@pytest.mark.parametrize("stated", [True, False])
def test_a_longer_file_than_allowed_is_refused(server: Server, tmp_path: Path, quick: HttpOptions, stated: bool) -> None:
    url = server.script("/a.csv", FILE.but(chunked=not stated, piece=5))
    error = failure(url, tmp_path, replace(quick, longest_bytes=len(BODY) - 1))
    assert isinstance(error, RefusedAnswerError)
    assert f"at most {len(BODY) - 1} bytes are allowed" in str(error)
    assert (f"it has {len(BODY)} bytes" in str(error)) is stated
    assert not list(tmp_path.rglob("*.part"))
    assert fetch_one(url, tmp_path, replace(quick, longest_bytes=len(BODY))).bytes == len(BODY)


def digest_headers(content: bytes) -> list[dict[str, str]]:
    sha256 = base64.b64encode(hashlib.sha256(content).digest()).decode()
    sha512 = base64.b64encode(hashlib.sha512(content).digest()).decode()
    md5 = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
    return [
        {"Repr-Digest": f"sha-256=:{sha256}:"},
        {"Repr-Digest": f"sha-512=:{sha512}:"},
        {"Digest": f"sha-256={sha256}"},
        {"Content-Digest": f"sha-256=:{sha256}:"},
        {"Content-MD5": md5},
    ]


@pytest.mark.parametrize("headers", digest_headers(BODY), ids=lambda headers: next(iter(headers)))
def test_a_right_digest_is_taken(server: Server, tmp_path: Path, quick: HttpOptions, headers: dict[str, str]) -> None:
    url = server.script("/a.csv", Answer(200, headers, BODY))
    assert fetch_one(url, tmp_path, quick).path.read_bytes() == BODY


@pytest.mark.parametrize("headers", digest_headers(b"other"), ids=lambda headers: next(iter(headers)))
def test_a_wrong_digest_is_refused(server: Server, tmp_path: Path, quick: HttpOptions, headers: dict[str, str]) -> None:
    error = failure(server.script("/a.csv", Answer(200, headers, BODY)), tmp_path, quick)
    assert isinstance(error, WrongChecksumError)
    assert next(iter(headers)) in str(error)
    assert not list(tmp_path.rglob("*.part"))
    assert len(server.requests) == 1


def test_a_page_is_no_file_of_data(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    page = Answer(200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>please log in")
    url = server.script("/a.csv", page)
    assert "the server sent a page (text/html), perhaps a login" in str(failure(url, tmp_path, quick))
    assert len(server.requests) == 1
    assert fetch_one(url, tmp_path, replace(quick, html_allowed=True)).path.read_bytes() == page.body
    assert fetch_one(url, tmp_path, quick, name="a.html").path.read_bytes() == page.body


def test_a_page_leaves_the_part_of_the_file(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    page = Answer(200, {"Content-Type": "text/html"}, b"<html>please log in")
    url = server.script("/a.csv", FILE.but(stops_after=5), page)
    failure(url, tmp_path, quick)
    server.script("/a.csv", FILE)
    assert fetch_one(url, tmp_path, quick).path.read_bytes() == BODY
    assert server.asked("Range") == [None, "bytes=5-", "bytes=5-"]


def test_bytes_that_are_encoded_unasked_are_refused(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    packed = gzip.compress(BODY)
    url = server.script("/a.csv", Answer(200, {"Content-Encoding": "gzip"}, packed))
    assert "encoded it (gzip) although" in str(failure(url, tmp_path, quick))
    assert len(server.requests) == 1
    # The name says that the file is packed: servers take that for an encoding, and send it as it is.
    assert fetch_one(url, tmp_path, quick, name="a.csv.gz").path.read_bytes() == packed


@pytest.mark.parametrize("script", [FILE, Answer(body=BODY)])
def test_a_file_of_another_name_is_the_same_file(server: Server, tmp_path: Path, quick: HttpOptions, script: Script) -> None:
    url = server.script("/export", script)
    assert fetch_one(f"{url}?kind=csv", tmp_path, quick, name="flights.csv").path == tmp_path / "flights.csv"
    assert (tmp_path / "flights.csv").read_bytes() == BODY
