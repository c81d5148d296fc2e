"""Find the newest event in force at every position where tombstones may cancel events, with a segment tree in arrays."""

import numpy as np

from tidegate.point_in_time.native.arrays import Flags, Longs


def newest_standing(codes: Longs, events: Longs, tombstones: Flags) -> Longs:
    """Return, for each position, the position of the observation in force once all observations up to it are known.

    The result is -1 where no observation is in force. Of each event the last known observation decides: if it is a tombstone, the
    event is not in force. Of the events in force, the newest wins.

    An observation applies from its own position to that of the next observation of the same event. These intervals are entered
    into a segment tree, and each position takes the best of the tree nodes above it. This takes n log n time, without a loop
    over the rows.

    Args:
        codes: Code of the entity key, in ascending order.
        events: The event_time of each observation. Within a key, observations are in the order in which they became known.
        tombstones: Whether the observation is a tombstone of its event.
    """
    count = len(codes)
    places = np.arange(count, dtype=np.int64)
    # Sorted by key and event. The sort is stable, so the order in which an event's observations became known is kept.
    by_event = np.lexsort((events, codes)).astype(np.int64)
    same_event = np.zeros(count, dtype=bool)
    same_event[:-1] = (codes[by_event[1:]] == codes[by_event[:-1]]) & (events[by_event[1:]] == events[by_event[:-1]])
    end_of_key = np.searchsorted(codes, codes[by_event], side="right").astype(np.int64)
    ends = np.where(same_event, np.append(by_event[1:], 0), end_of_key)
    stands = ~tombstones[by_event]
    # The position in this order is the rank: a newer event has a higher rank.
    best = _best_of_stretches(by_event[stands], ends[stands], places[stands], count)
    return np.where(best >= 0, by_event[np.maximum(best, 0)], -1)


def _best_of_stretches(starts: Longs, ends: Longs, ranks: Longs, count: int) -> Longs:
    """Return, for each position, the highest rank among the intervals [start, end) that contain it; -1 if none does."""
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
