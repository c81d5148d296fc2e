"""Attempts and pauses, without a server."""

from collections.abc import Callable
from concurrent.futures import CancelledError
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event

import pytest

from tidegate.sources import HttpOptions
from tidegate.sources.http.retry import PassingFailureError, retried_transfer, wanted_pause


class Pauses(Event):
    """Notes pauses instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.seconds.append(timeout)
        return self.is_set()


def failing(times: int, wanted: float = 0.0) -> Callable[[], str]:
    left = iter(range(times))

    def action() -> str:
        if next(left, None) is not None:
            raise PassingFailureError("busy", wanted)
        return "done"

    return action


def test_retried_doubles_its_pauses_up_to_the_longest_with_some_chance() -> None:
    pauses = Pauses()
    options = HttpOptions(attempts=6, first_pause_seconds=1.0, longest_pause_seconds=5.0)
    assert retried_transfer(failing(5), "a.csv", options, pauses) == "done"
    whole = [1.0, 2.0, 4.0, 5.0, 5.0]
    assert all(limit / 2 <= pause <= limit for pause, limit in zip(pauses.seconds, whole, strict=True))
    assert len({pause / limit for pause, limit in zip(pauses.seconds, whole, strict=True)}) == 5


@pytest.mark.parametrize(("wanted", "pause"), [(3.0, 3.0), (100.0, 5.0)])
def test_retried_waits_as_long_as_the_server_wants_but_no_longer_than_the_longest(wanted: float, pause: float) -> None:
    pauses = Pauses()
    options = HttpOptions(attempts=2, first_pause_seconds=1.0, longest_pause_seconds=5.0)
    retried_transfer(failing(1, wanted), "a.csv", options, pauses)
    assert pauses.seconds == [pause]


def test_retried_gives_up_after_the_attempts_and_does_not_pause_then() -> None:
    pauses = Pauses()
    with pytest.raises(PassingFailureError):
        retried_transfer(failing(9), "a.csv", HttpOptions(attempts=3), pauses)
    assert len(pauses.seconds) == 2


def test_retried_stops_in_a_pause() -> None:
    stop = Event()
    stop.set()
    with pytest.raises(CancelledError):
        retried_transfer(failing(1), "a.csv", HttpOptions(), stop)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "-7"}, 0.0),
        ({"retry-after": "soon"}, 0.0),
        ({}, 0.0),
        ({"retry-after": "Tue, 01 Jan 2013 12:00:30 GMT", "date": "Tue, 01 Jan 2013 12:00:00 GMT"}, 30.0),
        ({"retry-after": "Tue, 01 Jan 2013 11:00:00 GMT", "date": "Tue, 01 Jan 2013 12:00:00 GMT"}, 0.0),
    ],
)
def test_wanted_pause(headers: dict[str, str], seconds: float) -> None:
    assert wanted_pause(headers) == seconds


def test_wanted_pause_until_a_date_of_a_server_without_a_clock() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 85.0 < wanted_pause({"retry-after": until}) <= 90.0
