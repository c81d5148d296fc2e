"""The pace of a transfer, by a clock that the test turns."""

import logging

import pytest

from tidegate.sources.http.pace import Pace


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_pace_tells_about_once_in_five_seconds(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tidegate")
    clock = Clock()
    pace = Pace("a.csv", total=40_000_000, done=0, slowest=0.0, slow_seconds=60.0, now=clock)
    for _ in range(12):
        clock.seconds += 1.0
        pace.came(1_000_000)
    assert caplog.messages == ["a.csv: 5000000 of 40000000 bytes (1.00 MB/s)", "a.csv: 10000000 of 40000000 bytes (1.00 MB/s)"]


def test_pace_of_a_file_of_unknown_length(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tidegate")
    clock = Clock()
    pace = Pace("a.csv", total=None, done=100, slowest=0.0, slow_seconds=60.0, now=clock)
    clock.seconds = 10.0
    pace.came(5)
    assert caplog.messages == ["a.csv: 105 of an unknown number of bytes (0.00 MB/s)"]


def test_pace_is_too_slow_when_a_whole_span_brought_too_little() -> None:
    clock = Clock()
    pace = Pace("a.csv", total=None, done=1_000, slowest=10.0, slow_seconds=5.0, now=clock)
    slow = []
    for come in (50, 0, 0, 49, 0):
        clock.seconds += 2.5
        pace.came(come)
        slow.append(pace.is_too_slow())
    assert slow == [False, False, False, True, False]


def test_pace_that_was_fast_long_ago_does_not_count() -> None:
    clock = Clock()
    pace = Pace("a.csv", total=None, done=0, slowest=10.0, slow_seconds=5.0, now=clock)
    pace.came(1_000_000)
    clock.seconds = 5.0
    assert not pace.is_too_slow()
    clock.seconds = 10.0
    assert pace.is_too_slow()
