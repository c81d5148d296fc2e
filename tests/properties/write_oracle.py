"""What a feature group should hold after some batches, in plain Python over lists: obviously right, and slow."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Observation:
    """What was known of an event from a moment on; value None: it no longer held."""

    key: str
    event: int
    known: int
    value: int | None


def as_known(observations: Iterable[Observation], moment: int) -> set[tuple[str, int, int, int]]:
    """Return (key, event, known, value) of each event that held as known at a moment."""
    newest: dict[tuple[str, int], Observation] = {}
    for seen in sorted(observations, key=lambda seen: seen.known):
        if seen.known <= moment:
            newest[seen.key, seen.event] = seen
    return {(seen.key, seen.event, seen.known, seen.value) for seen in newest.values() if seen.value is not None}


def collapsed(observations: Iterable[Observation]) -> set[tuple[str, int, int, int | None]]:
    """Return what told something new: no repeated value, no end of what never held."""
    told: set[tuple[str, int, int, int | None]] = set()
    before: dict[tuple[str, int], int | None] = {}
    for seen in sorted(set(observations), key=lambda seen: seen.known):
        if before.get((seen.key, seen.event)) != seen.value:
            told.add((seen.key, seen.event, seen.known, seen.value))
        before[seen.key, seen.event] = seen.value
    return told
