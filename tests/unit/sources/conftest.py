"""A server of files, and options under which nothing pauses for long."""

from collections.abc import Iterator

import pytest
from tests.http_server import Server, running

from tidegate.sources import HttpOptions


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server on this machine, reached without the proxies that the environment may name."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with running(Server()) as started:
        yield started


@pytest.fixture
def quick() -> HttpOptions:
    """Short pauses, and no short waiting for the server: a busy machine may hold it up for a second."""
    return HttpOptions(
        attempts=3,
        first_pause_seconds=0.001,
        longest_pause_seconds=0.05,
        slowest_bytes_per_second=0.0,
    )
