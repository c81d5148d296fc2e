"""Count the different values among the rows that count for each label."""

from dataclasses import dataclass

import numpy as np

from tidegate.point_in_time.aggregates.native.label_line import Stretches, stretches
from tidegate.point_in_time.native.arrays import Longs, in_order, sorting_order


@dataclass(frozen=True)
class ByValue:
    """Rows in the order of the values of a column.

    Attributes:
        rows: The indices of all rows, value by value, in ascending order within each value.
        values: The code of the value of each of these rows.
    """

    rows: Longs
    values: Longs


def by_value(values: Longs) -> ByValue:
    """Return the order of the rows by the codes of their values, which count from 0."""
    # Codes of one or two bytes are sorted several times as fast as longer ones.
    rows = np.argsort(values.astype(np.min_scalar_type(int(values.max(initial=0)))), kind="stable")
    return ByValue(rows, values[rows])


def distinct_counts(ordered: ByValue, ranges: Stretches) -> Longs:
    """Return for each position how many values the rows have that count for it.

    Args:
        ordered: The order of all rows of the table by their values. Rows of different keys may have equal values, since they
            count for different positions.
        ranges: The rows that count, each once.
    """
    width, bits = ranges.size + 1, (ranges.size + 1).bit_length()
    kept = np.zeros(len(ordered.rows), dtype=bool)
    kept[ranges.rows] = True
    # Both positions in one number, because looking up rows in the order of their values is slow.
    both = np.zeros(len(ordered.rows), dtype=np.int64)
    both[ranges.rows] = (ranges.first << bits) + ranges.end
    chosen = kept[ordered.rows]
    base, both = ordered.values[chosen] * width, both[ordered.rows[chosen]]
    # The rows of a value leave a window in the order of event_time, unless other observations replace some of them.
    order = sorting_order(base + (both & ((1 << bits) - 1)))
    base, both = in_order(base, order), in_order(both, order)
    first, end = both >> bits, both & ((1 << bits) - 1)
    # A position counts for the row that leaves last. From there back, the values descend, so that the running minimum begins
    # again at each of them.
    later = np.minimum.accumulate((base + first)[::-1])[::-1]
    end[:-1] = np.maximum(np.minimum(end[:-1], later[1:] - base[:-1]), first[:-1])
    started, ended = (np.bincount(each, minlength=width) for each in (first, end))
    return np.cumsum(started - ended)[:-1]


def disjoint(values: Longs, ranges: Stretches) -> Stretches:
    """Return stretches of which no two with the same value overlap, and which cover the same positions for each value.

    They are sorted by value and position.

    Args:
        values: The code of the value of each row of the table, from 0. Rows of different keys must have different codes.
        ranges: The rows that count.
    """
    width = ranges.size + 1
    groups = values[ranges.rows]
    # Sorted as one number where it fits into 64 bits.
    if (int(groups.max(initial=0)) + 1) * width < 1 << 62:
        order = np.argsort(groups * width + ranges.first)
    else:
        groups = np.unique(groups, return_inverse=True)[1].astype(np.int64)
        order = np.lexsort((ranges.first, groups))
    groups, first, end = groups[order], ranges.first[order], ranges.end[order]
    if not len(groups):
        return ranges
    # The groups ascend, so the running maximum begins again at each of them.
    covered = np.maximum.accumulate(groups * width + end)
    before = np.append(0, covered[:-1]) - groups * width
    return stretches(np.maximum(first, before), end, ranges.size, ranges.rows[order])
