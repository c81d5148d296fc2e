"""Count the different values among the rows that count for each label."""

import numpy as np

from tidegate.point_in_time.aggregates.native.label_line import Stretches, stretches
from tidegate.point_in_time.native.arrays import Longs


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
