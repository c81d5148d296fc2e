"""Where redirects lead, and whom a connection is trusted to."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.http_fetching import failure, fetch_one
from tests.http_server import Answer, Resource, Server, running, with_tls

from tidegate.errors import FilesNotFetchedError, RefusedAnswerError
from tidegate.sources import HttpOptions

BODY = b"day,flights\n2013-01-01,842\n"
FILE = Resource(BODY, etag='"1"')


def test_redirects_are_followed(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    server.script("/new/a.csv", FILE)
    server.script("/b", Answer(307, {"Location": "new/a.csv"}))
    url = server.script("/a.csv", Answer(302, {"Location": "/b"}))
    assert fetch_one(url, tmp_path, quick).path.read_bytes() == BODY
    assert fetch_one(url, tmp_path, quick).state == "unchanged"
    assert [request.path for request in server.requests] == ["/a.csv", "/b", "/new/a.csv"] * 2


def test_redirects_in_a_ring_are_left(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    url = server.script("/a.csv", Answer(302, {"Location": "/a.csv?s=s3cret"}))
    error = failure(url, tmp_path, quick)
    assert "more than 10 redirects" in str(error)
    assert "s3cret" not in str(error)
    assert len(server.requests) == 11


@pytest.mark.parametrize("location", ["ftp://host/a.csv", "file:///etc/passwd", None])
def test_redirects_to_elsewhere_are_refused(server: Server, tmp_path: Path, quick: HttpOptions, location: str | None) -> None:
    url = server.script("/a.csv", Answer(301, {"Location": location}))
    error = failure(url, tmp_path, quick)
    assert isinstance(error, RefusedAnswerError)
    assert "answered 301: " in str(error)
    assert len(server.requests) == 1


def test_redirects_that_can_not_be_read_do_not_show_their_secrets(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    error = failure(server.script("/a.csv", Answer(301, {"Location": "https://host:s3cret/a"})), tmp_path, quick)
    assert "did not speak HTTP" in str(error)
    assert "s3cret" not in str(error)


def test_redirects_take_secrets_to_no_other_server(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    with running(Server()) as other:
        there = other.script("/a.csv", FILE)
        url = server.script("/a.csv", Answer(302, {"Location": "/b"})).replace("//", "//us3r:pa55@")
        server.script("/b", Answer(302, {"Location": there}))
        fetch_one(url, tmp_path, replace(quick, headers={"X-Key": "s3cret"}))
        assert server.asked("X-Key") == ["s3cret", "s3cret"]
        assert None not in server.asked("Authorization")
        assert other.asked("X-Key") == [None]
        assert other.asked("Authorization") == [None]


def test_https_needs_a_trusted_certificate_and_never_becomes_http(
    server: Server, tmp_path: Path, quick: HttpOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure = Server()
    certificate = with_tls(secure, tmp_path)
    with running(secure):
        url = secure.script("/a.csv", FILE, Answer(302, {"Location": server.script("/a.csv", FILE)}))
        error = failure(url, tmp_path, quick)
        assert isinstance(error, RefusedAnswerError)
        assert "its server is not trusted" in str(error)
        assert secure.requests == []

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert fetch_one(url, tmp_path, quick).path.read_bytes() == BODY
        with pytest.raises(FilesNotFetchedError, match="redirects from https to http://"):
            fetch_one(url, tmp_path, quick)
        assert server.requests == []


def test_redirects_within_the_server_keep_its_secrets_by_absolute_urls_too(
    server: Server, tmp_path: Path, quick: HttpOptions
) -> None:
    there = server.script("/b", FILE)
    url = server.script("/a.csv", Answer(302, {"Location": there})).replace("//", "//us3r:pa55@")
    fetch_one(url, tmp_path, replace(quick, headers={"X-Key": "s3cret", "Cookie": "session=1"}))
    assert server.asked("X-Key") == ["s3cret", "s3cret"]
    assert server.asked("Cookie") == ["session=1", "session=1"]
    assert None not in server.asked("Authorization")


def test_redirects_are_followed_without_reading_their_bodies(server: Server, tmp_path: Path, quick: HttpOptions) -> None:
    server.script("/b", FILE)
    url = server.script("/a.csv", Answer(302, {"Location": "/b"}, b"moved", stalls_after=0))
    began = time.monotonic()
    fetch_one(url, tmp_path, replace(quick, read_seconds=20.0))
    assert time.monotonic() - began < 10.0
    assert len(server.requests) == 2
