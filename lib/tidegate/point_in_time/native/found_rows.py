"""The rows that labels get from a part of a table, and the better ones of two parts."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tidegate.point_in_time.native.arrays import Flags, Longs
from tidegate.point_in_time.native.row_times import as_moment
from tidegate.point_in_time.ties import tie_message


@dataclass(frozen=True)
class FoundRows:
    """One row a label.

    Attributes:
        rows: The wanted columns of the row that each label gets; NULL where it gets none.
        events: Its event time, microseconds since 1970 UTC; any number where there is none.
        known: When it became known, likewise.
        found: Whether there is one.
    """

    rows: pa.Table
    events: Longs
    known: Longs
    found: Flags


def better_rows(left: FoundRows, right: FoundRows, group: str) -> FoundRows:
    """Return for each label the row with the newer event of two parts, of one event the one that became known later.

    Raises:
        RuntimeError: Two rows of a label tie; `ties_told` recognises its message.
    """
    both = left.found & right.found
    tied = both & (left.events == right.events) & (left.known == right.known)
    if bool(tied.any()):
        raise RuntimeError(tie_message(group, as_moment(int(left.events[int(np.argmax(tied))]))))
    newer = (right.events > left.events) | ((right.events == left.events) & (right.known > left.known))
    is_right = right.found & (~left.found | newer)
    places = np.arange(len(is_right)) + np.where(is_right, len(is_right), 0)
    return FoundRows(
        pa.concat_tables([left.rows, right.rows]).combine_chunks().take(pa.array(places)),
        np.where(is_right, right.events, left.events),
        np.where(is_right, right.known, left.known),
        left.found | right.found,
    )
