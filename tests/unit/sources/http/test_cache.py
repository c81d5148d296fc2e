"""The cache by itself, at moments at which a process may die."""

from hashlib import sha256
from pathlib import Path
from threading import Event, Thread

import pytest

from tidegate.sources.http.cache import CacheEntry, Part, Record
from tidegate.sources.http.validators import Validators

FIRST, SECOND = Part("id", Validators('"1"'), 10), Part("id", Validators('"2"'), 10)


@pytest.fixture
def entry(tmp_path: Path) -> CacheEntry:
    entry = CacheEntry(tmp_path, "a.csv")
    with entry.locked(Event()):
        return entry


def test_start_part_throws_away_the_bytes_of_another_version(entry: CacheEntry) -> None:
    entry.start_part(FIRST)
    entry.part_content.write_bytes(b"first")
    assert entry.resumable_part("id") == FIRST
    entry.start_part(SECOND)
    # A process that dies here leaves nothing that the second version could go on with.
    assert entry.part_bytes() == 0
    assert entry.resumable_part("id") is None


@pytest.mark.parametrize(("content", "fits"), [(b"", False), (b"0123456789", True), (b"0123456789+", False)])
def test_resumable_part_is_no_longer_than_the_whole(entry: CacheEntry, content: bytes, fits: bool) -> None:
    entry.start_part(FIRST)
    entry.part_content.write_bytes(content)
    assert (entry.resumable_part("id") == FIRST) is fits


def test_a_file_without_its_new_record_is_not_intact(entry: CacheEntry) -> None:
    old = Record("url", "id", Validators('"1"'), sha256(b"old").hexdigest(), 3)
    entry.content.write_bytes(b"old")
    entry.write_record(old)
    assert entry.record() == old
    assert entry.is_intact(old)
    # A process that dies between the two steps of keep_part leaves this; the file is fetched anew then.
    entry.content.write_bytes(b"new")
    assert not entry.is_intact(old)


def test_keep_part_leaves_the_old_file_to_those_who_read_it(entry: CacheEntry) -> None:
    entry.content.write_bytes(b"old")
    with entry.content.open("rb") as reader:
        entry.start_part(FIRST)
        entry.part_content.write_bytes(b"new")
        entry.keep_part(Record("url", "id", FIRST.validators, sha256(b"new").hexdigest(), 3))
        assert reader.read() == b"old"
    assert entry.content.read_bytes() == b"new"
    assert entry.resumable_part("id") is None


def test_keep_part_that_fails_does_not_record_what_is_not_there(entry: CacheEntry) -> None:
    entry.content.mkdir()
    entry.start_part(FIRST)
    with pytest.raises(IsADirectoryError):
        entry.keep_part(Record("url", "id", FIRST.validators, sha256(b"").hexdigest(), 0))
    assert entry.record() is None


def test_locked_lets_one_in_at_a_time(tmp_path: Path) -> None:
    inside: list[str] = []

    def enter() -> None:
        with CacheEntry(tmp_path, "a.csv").locked(Event()):
            inside.append("second")

    other = Thread(target=enter)
    with CacheEntry(tmp_path, "a.csv").locked(Event()):
        other.start()
        other.join(0.3)
        inside.append("first")
    other.join(5.0)
    assert inside == ["first", "second"]
