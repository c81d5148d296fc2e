"""The greatest value among the rows that count for each label, at a cost that does not depend on the windows' length."""

import numpy as np

from tidegate.point_in_time.aggregates.native.label_line import Stretches
from tidegate.point_in_time.native.arrays import Longs

# The result where no row counts.
NONE = int(np.iinfo(np.int64).min)


def greatest(values: Longs, ranges: Stretches) -> Longs:
    """Return for each position the greatest value of the rows that count for it; `NONE` where no row counts.

    A stretch is covered by two blocks whose length is a power of two, and which may overlap. The value is entered at the start of
    both blocks. Then the blocks are halved, level by level, from the longest to those of one position.

    Args:
        values: One value for each row of the table.
        ranges: The rows that count.
    """
    best = np.full(ranges.size, NONE, dtype=np.int64)
    levels = (np.frexp((ranges.end - ranges.first).astype(np.float64))[1] - 1).astype(np.uint8)
    order = np.argsort(levels, kind="stable")
    edges = np.searchsorted(levels[order], np.arange(int(levels.max(initial=0)) + 2))
    for level in range(len(edges) - 2, -1, -1):
        if level + 2 < len(edges):
            half = 1 << level
            np.maximum(best[half:], best[:-half].copy(), out=best[half:])
        here = order[edges[level] : edges[level + 1]]
        taken = values[ranges.rows[here]]
        np.maximum.at(best, ranges.first[here], taken)
        if level:
            np.maximum.at(best, ranges.end[here] - (1 << level), taken)
    return best
