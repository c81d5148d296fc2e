"""A server of files, and options under which nothing takes long."""

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
    return HttpOptions(
        connect_seconds=2.0,
        read_seconds=0.3,
        attempts=3,
        first_pause_seconds=0.001,
        longest_pause_seconds=0.05,
        slowest_bytes_per_second=0.0,
    )
