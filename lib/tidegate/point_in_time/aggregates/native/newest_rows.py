"""Choose for each label the newest or the oldest few of the rows that count for it."""

import numpy as np

from tidegate.point_in_time.aggregates.native.label_line import Stretches, stretches
from tidegate.point_in_time.native.arrays import Flags, Longs


def newest_rows(ranges: Stretches, codes: Longs, lasting: Flags, most: int) -> Stretches:
    """Return the newest rows of each position as stretches of one position each, newest first.

    Args:
        ranges: The rows that count, in ascending order: by key and, within a key, from the oldest row to the newest.
        codes: The code of the key of each row of the table.
        lasting: For each row of the table, whether no other observation ever replaces it.
        most: How many rows to choose.
    """
    # A row is among the newest few only until so many newer rows have come. This bounds the number of pairs.
    groups = codes[ranges.rows]
    regular = lasting[ranges.rows] & _in_order(groups, ranges.first)
    following = _nth_regular(groups, regular, most)
    end = np.where(following < 0, ranges.end, np.minimum(ranges.end, ranges.first[following]))
    return few_of_each(stretches(ranges.first, end, ranges.size, ranges.rows), most, newest=True)


def oldest_rows(ranges: Stretches, codes: Longs, lasting: Flags, most: int) -> Stretches:
    """Return the oldest rows of each position, oldest first; the arguments are those of `newest_rows`."""
    groups = codes[ranges.rows]
    regular = lasting[ranges.rows] & _in_order(groups, ranges.first)
    # A row is among the oldest few only after all but so many of the older rows have left the window.
    backwards = _nth_regular(groups[::-1], regular[::-1], most)[::-1]
    preceding = np.where(backwards < 0, -1, len(groups) - 1 - backwards)
    first = np.where(preceding < 0, ranges.first, np.maximum(ranges.first, ranges.end[preceding]))
    return few_of_each(stretches(first, ranges.end, ranges.size, ranges.rows), most, newest=False)


def _in_order(groups: Longs, first: Longs) -> Flags:
    """Return whether each row counts at the latest when any newer row of its key does."""
    if not len(groups):
        return np.zeros(0, dtype=bool)
    width = int(first.max()) + 1
    # From the newest row back, the running minimum of the first positions. The keys descend, so it begins again at each key.
    packed = (groups * width + first)[::-1]
    in_order: Flags = (np.minimum.accumulate(packed) == packed)[::-1]
    return in_order


def _nth_regular(groups: Longs, regular: Flags, number: int) -> Longs:
    """Return for each row the place of the `number`-th regular row after it, in the same group; -1 if there is none."""
    places = np.flatnonzero(regular)
    wanted = np.cumsum(regular) + number - 1
    found = np.full(len(groups), -1, dtype=np.int64)
    there = wanted < len(places)
    found[there] = places[wanted[there]]
    same = found >= 0
    same[same] = groups[found[same]] == groups[same]
    return np.where(same, found, -1)


def few_of_each(ranges: Stretches, most: int, newest: bool) -> Stretches:
    """Return the newest or the oldest few rows of each position, as stretches of one position each. It makes all pairs.

    Args:
        ranges: The rows that count, in any order. The rows of the table are sorted from the oldest to the newest.
        most: How many rows to choose.
        newest: Whether to choose the newest rows, newest first, or the oldest, oldest first.
    """
    positions, rows = ranges.pairs()
    order = np.lexsort((-rows if newest else rows, positions))
    positions, rows = positions[order], rows[order]
    starts = np.searchsorted(positions, positions)
    kept = np.arange(len(positions)) - starts < most
    return Stretches(rows[kept], positions[kept], positions[kept] + 1, ranges.size)
