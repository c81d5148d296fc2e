"""Find the row of an entity that was in force at a moment, by one sort of all rows by key and time of knowledge."""

from dataclasses import dataclass

import numpy as np

from tidegate.point_in_time.native.arrays import Flags, Longs, Packing, in_order, last_up_to, sorting_order
from tidegate.point_in_time.native.standing_events import newest_standing

NO_ROW = -1


@dataclass(frozen=True)
class RowTimes:
    """The keys and times of a bucket's feature rows, which decide between them; one element for each row.

    Attributes:
        codes: Code of the entity key, as `key_codes` gives it. Rows without a key must be left out.
        known: When the row became known, in microseconds since 1970 UTC.
        events: The event_time of the row, in the same unit.
        sequence: Rank of the row by the declared sequence column; None without such a column.
        tombstones: Whether the row is a tombstone: from `known` on, its event is not in force. None if there are none.
    """

    codes: Longs
    known: Longs
    events: Longs
    sequence: Longs | None = None
    tombstones: Flags | None = None


class Knowledge:
    """The rows sorted by key and time of knowledge and, for each position, the row that is in force from there on."""

    def __init__(self, rows: RowTimes) -> None:
        """Sort the rows. This takes linear time if the files are already sorted by key and time."""
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
        """Return, for each label, the index of the row with the newest event known at its moment; `NO_ROW` if there is none.

        Args:
            codes: Codes of the label keys; negative for a label without a key.
            moments: In microseconds since 1970 UTC. A row that became known exactly then may be chosen.
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
        """Return the index of a row that could be chosen and ties with another one; None if there is none.

        Two rows tie if key, event_time and time of knowledge are equal and no sequence orders them.
        """
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
    """Return, for rows without tombstones, the position of the newest event so far and whether each row is such an event.

    A row that became known late never replaces a newer event.
    """
    packed = Packing(count, events).pack(codes, events)
    # Codes are in ascending order, so the running maximum starts again at each key.
    is_step = packed == np.maximum.accumulate(packed) if len(packed) else np.zeros(0, dtype=bool)
    places = np.where(is_step, np.arange(len(packed), dtype=np.int64), 0)
    return np.maximum.accumulate(places) if len(places) else places, is_step
