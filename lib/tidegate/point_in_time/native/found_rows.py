"""The rows that were found for the labels in one part of a table, and how the results of two parts are combined."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tidegate.point_in_time.native.arrays import Flags, Longs
from tidegate.point_in_time.native.row_times import as_moment
from tidegate.point_in_time.ties import tie_message


@dataclass(frozen=True)
class FoundRows:
    """The result of a search, with one element for each label.

    Attributes:
        rows: The output columns of the row that was found; NULL where none was found.
        events: The event_time of that row, in microseconds since 1970 UTC; undefined where none was found.
        known: When that row became known, in the same unit; undefined where none was found.
        found: Whether a row was found.
    """

    rows: pa.Table
    events: Longs
    known: Longs
    found: Flags


def better_rows(left: FoundRows, right: FoundRows, group: str) -> FoundRows:
    """Return, for each label, the row with the newer event; if both have the same event, the row that became known later.

    Args:
        left: The result of one part.
        right: The result of another part, for the same labels.
        group: Name of the group, for the message.

    Raises:
        RuntimeError: Two rows of a label tie. `ties_told` recognises the message.
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
