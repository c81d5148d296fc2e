"""What was known of each entity from which moment on: the rows of a group as a step function of the knowledge time."""

from dataclasses import dataclass

import numpy as np

from tidegate.point_in_time.native.arrays import Flags, Longs, Packing, in_order, last_up_to, sorting_order
from tidegate.point_in_time.native.standing_events import newest_standing

NO_ROW = -1


@dataclass(frozen=True)
class RowTimes:
    """The feature rows of a bucket, as far as the choice among them needs them; one element a row.

    Attributes:
        codes: Number of each row's entity key; rows without a key are not among them.
        known: When each row became known, microseconds since 1970 UTC.
        events: Its event_time, likewise.
        sequence: Place of each row in the order of the declared sequence column; None without one.
        tombstones: Whether from `known` on no row of this event holds; None where no row can say so.
    """

    codes: Longs
    known: Longs
    events: Longs
    sequence: Longs | None = None
    tombstones: Flags | None = None


class Knowledge:
    """The rows in order of key and knowledge time, and for each place which row counts from there on."""

    def __init__(self, rows: RowTimes) -> None:
        """Sort the rows once; linear where files come sorted by key and time."""
        self._rows = rows
        codes = int(rows.codes.max(initial=-1)) + 1
        self._packing = Packing(codes, rows.known)
        packed = self._packing.pack(rows.codes, rows.known)
        self._order = _order(rows, packed)
        self._packed = in_order(packed, self._order)
        self._codes = in_order(rows.codes, self._order)
        events = self._events = in_order(rows.events, self._order)
        if rows.tombstones is not None and bool(rows.tombstones.any()):
            self._chosen = newest_standing(self._codes, events, in_order(rows.tombstones, self._order))
            self._is_step = np.ones(len(events), dtype=bool)
        else:
            self._chosen, self._is_step = _newest_events(self._codes, events, codes)

    def chosen(self, codes: Longs, moments: Longs) -> Longs:
        """Return for each label the row whose event is the newest known at its moment, `NO_ROW` where none is.

        Args:
            codes: Number of the label's key, negative without one.
            moments: Up to when what is known counts, included.
        """
        if len(self._packed) == 0:
            return np.full(len(codes), NO_ROW, dtype=np.int64)
        places = last_up_to(self._packed, self._packing.pack_latest(codes, moments))
        reached = np.maximum(places, 0)
        found = (places >= 0) & (codes >= 0) & (self._codes[reached] == codes)
        steps = self._chosen[reached]
        found &= steps >= 0
        rows = np.where(found, steps, 0)
        return np.where(found, rows if self._order is None else self._order[rows], NO_ROW)

    def first_tie(self) -> int | None:
        """Return a row that might count and shares key, event and knowledge time with another, where nothing orders the two."""
        same = (self._packed[1:] == self._packed[:-1]) & self._is_step[1:]
        same &= self._events[1:] == self._events[:-1]
        if self._rows.sequence is not None:
            sequence = in_order(self._rows.sequence, self._order)
            same &= sequence[1:] == sequence[:-1]
        if not bool(same.any()):
            return None
        place = int(np.argmax(same)) + 1
        return place if self._order is None else int(self._order[place])


def _order(rows: RowTimes, packed: Longs) -> Longs | None:
    order = sorting_order(packed)
    ordered, events = in_order(packed, order), in_order(rows.events, order)
    same = ordered[1:] == ordered[:-1]
    if bool((same & (events[1:] < events[:-1])).any()) or (rows.sequence is not None and bool(same.any())):
        keys = (rows.events, packed) if rows.sequence is None else (rows.sequence, rows.events, packed)
        order = np.lexsort(keys).astype(np.int64)
    return order


def _newest_events(codes: Longs, events: Longs, count: int) -> tuple[Longs, Flags]:
    """Where no event ever ceases to hold: the newest so far. A row that came late never overtakes a newer event."""
    packed = Packing(count, events).pack(codes, events)
    # Codes rise, so that the running maximum begins anew with each key.
    is_step = packed == np.maximum.accumulate(packed) if len(packed) else np.zeros(0, dtype=bool)
    places = np.where(is_step, np.arange(len(packed), dtype=np.int64), 0)
    return np.maximum.accumulate(places) if len(places) else places, is_step
