"""Which event is the newest that holds, where events may cease to hold: a tree over knowledge times, level by level in arrays."""

import numpy as np

from tidegate.point_in_time.native.arrays import Flags, Longs


def newest_standing(codes: Longs, events: Longs, tombstones: Flags) -> Longs:
    """Return for each place the place of the observation that counts once all up to it are known; -1 where none does.

    Of one event the latest observation counts, or nothing if it is a tombstone; of the events that hold, the newest.
    An observation counts from its own place to that of the next one of its event: a stretch of places. The stretches are
    laid into a segment tree, and each place takes the best of those above it: n log n, no loop over rows.

    Args:
        codes: Number of the entity key, rising.
        events: The event_time of each observation; within a key, observations stand in the order in which they became known.
        tombstones: Whether the observation says that its event does not hold.
    """
    count = len(codes)
    places = np.arange(count, dtype=np.int64)
    # By key and event; a stable sort keeps the order of knowledge within an event.
    by_event = np.lexsort((events, codes)).astype(np.int64)
    same_event = np.zeros(count, dtype=bool)
    same_event[:-1] = (codes[by_event[1:]] == codes[by_event[:-1]]) & (events[by_event[1:]] == events[by_event[:-1]])
    end_of_key = np.searchsorted(codes, codes[by_event], side="right").astype(np.int64)
    ends = np.where(same_event, np.append(by_event[1:], 0), end_of_key)
    stands = ~tombstones[by_event]
    # The place in the order by event is the rank: the newer event has the higher one.
    best = _best_of_stretches(by_event[stands], ends[stands], places[stands], count)
    return np.where(best >= 0, by_event[np.maximum(best, 0)], -1)


def _best_of_stretches(starts: Longs, ends: Longs, ranks: Longs, count: int) -> Longs:
    """Return the highest rank among the stretches [start, end) that hold each place, -1 where none does."""
    levels = max(1, int(count - 1).bit_length())
    size = 1 << levels
    tree = np.full(2 * size, -1, dtype=np.int64)
    low, high = starts + size, ends + size
    while len(low):
        for node, odd in ((low, (low & 1) == 1), (high - 1, (high & 1) == 1)):
            np.maximum.at(tree, node[odd], ranks[odd])
        low, high = (low + 1) >> 1, high >> 1
        goes_on = low < high
        low, high, ranks = low[goes_on], high[goes_on], ranks[goes_on]
    for level in range(levels):
        above, below = tree[1 << level : 2 << level], tree[2 << level : 4 << level]
        np.maximum(below, np.repeat(above, 2), out=below)
    return tree[size : size + count]
