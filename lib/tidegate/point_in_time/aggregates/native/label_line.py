"""The labels of a task in one line, sorted by key and time, and the stretches of this line for which rows count.

A row counts for the labels of its key between two moments. On the line these labels lie next to each other. So every row becomes
a stretch of positions, and all aggregates are computed from these stretches, whatever the windows are and however late rows are.
"""

import itertools
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from tidegate.point_in_time.native.arrays import Flags, Longs, Packing


class LabelLine:
    """The labels that have a key and a time, sorted by both."""

    def __init__(self, codes: Longs, moments: Longs) -> None:
        """Sort the labels.

        Args:
            codes: Code of the key of each label; negative for a label without a key or a time.
            moments: The label times, in microseconds since 1970 UTC.
        """
        asked = np.flatnonzero(codes >= 0)
        self._packing = Packing(int(codes.max(initial=-1)) + 1, moments[asked])
        packed = self._packing.pack(codes[asked], moments[asked])
        order = np.argsort(packed, kind="stable")
        self.labels: Longs = asked[order].astype(np.int64)
        self.codes, self.moments, self._packed = codes[self.labels], moments[self.labels], packed[order]

    def __len__(self) -> int:
        return len(self.labels)

    def has(self, codes: Longs) -> Flags:
        """Return for each code whether a label has it."""
        there = np.zeros(max(int(codes.max(initial=-1)), int(self.codes.max(initial=-1))) + 2, dtype=bool)
        there[self.codes] = True
        # The last place stays False; code -1 is looked up there.
        return there[codes]

    def first_from(self, codes: Longs, moments: Longs, guessed: Longs | None = None) -> Longs:
        """Return for each code and moment the position of the first label of this code at or after the moment.

        Without such a label, the result is the position after the last label of the code. The line must have each code.

        Args:
            codes: The codes.
            moments: The moments.
            guessed: Positions that may be right, which saves time.
        """
        wanted = self._packing.pack_earliest(codes, moments)
        if guessed is None:
            return self._reaching(wanted)
        packed = np.concatenate([[-1], self._packed, [np.iinfo(np.int64).max]])
        wrong = np.flatnonzero((packed[guessed] >= wanted) | (packed[guessed + 1] < wanted))
        found = guessed.copy()
        found[wrong] = self._reaching(wanted[wrong])
        return found

    def _reaching(self, wanted: Longs) -> Longs:
        if len(self) < len(wanted) and bool((wanted[1:] >= wanted[:-1]).all()):
            # Both are sorted, so it is enough to look up the fewer labels among the rows.
            reached = np.searchsorted(wanted, self._packed, side="right")
            return np.repeat(np.arange(len(self) + 1), np.diff(reached, prepend=0, append=len(wanted)))
        return np.searchsorted(self._packed, wanted).astype(np.int64, copy=False)


@dataclass(frozen=True, eq=False)
class Stretches:
    """Rows, and for each of them the positions for which it counts. No stretch is empty.

    Attributes:
        rows: Index of the row.
        first: The first position.
        end: The position after the last one.
        size: The number of positions of the whole line.
        sums: What was added up for these rows so far, by column.
    """

    rows: Longs
    first: Longs
    end: Longs
    size: int
    sums: dict[Any, npt.NDArray[np.float64]] = field(default_factory=dict)

    def parts(self, most: int, pairs: int) -> list[tuple[int, int]]:
        """Divide the line into parts of a limited number of pairs of a position and a row, and return where each begins and ends.

        Args:
            most: How many rows of a position are used at most.
            pairs: How many pairs a part holds. A single position can have more.
        """
        used = np.cumsum(np.minimum(self.counts, most))
        total = int(used[-1]) if len(used) else 0
        edges = np.unique(np.searchsorted(used, np.arange(pairs, total, pairs), side="right"))
        inner = [int(edge) for edge in edges if 0 < edge < self.size]
        return list(itertools.pairwise([0, *inner, self.size]))

    @cached_property
    def counts(self) -> Longs:
        """How many rows count for each position."""
        started = np.bincount(self.first, minlength=self.size + 1)
        ended = np.bincount(self.end, minlength=self.size + 1)
        return np.cumsum(started - ended)[:-1].astype(np.int64, copy=False)

    def of(self, kept: Flags) -> "Stretches":
        """Return the stretches of the rows that are kept; `kept` has one element for each row of the table."""
        if bool(kept.all()):
            return self
        chosen = kept[self.rows]
        return Stretches(self.rows[chosen], self.first[chosen], self.end[chosen], self.size)

    def within(self, low: int, high: int) -> "Stretches":
        """Return the parts of the stretches between two positions, as stretches on a line that begins with the first of them."""
        first, end = np.clip(self.first, low, high) - low, np.clip(self.end, low, high) - low
        return stretches(first, end, high - low, self.rows)

    def pairs(self) -> tuple[Longs, Longs]:
        """Return every pair of a position and a row that counts for it, row by row."""
        lengths = self.end - self.first
        starts = np.cumsum(lengths) - lengths
        positions = np.arange(int(lengths.sum())) - np.repeat(starts - self.first, lengths)
        return positions, np.repeat(self.rows, lengths)


def stretches(first: Longs, end: Longs, size: int, rows: Longs | None = None) -> Stretches:
    """Return the stretches that are not empty; `rows` are the indices of the rows, by default 0, 1, 2 and so on."""
    kept = np.flatnonzero(first < end)
    return Stretches(kept if rows is None else rows[kept], first[kept], end[kept], size)
