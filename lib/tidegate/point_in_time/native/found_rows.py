"""The rows that labels get from a part of a table, and the better ones of two parts."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME
from tidegate.point_in_time.native.arrays import Flags, Longs
from tidegate.point_in_time.native.row_times import as_longs
from tidegate.point_in_time.ties import tie_message


@dataclass(frozen=True)
class FoundRows:
    """One row a label.

    Attributes:
        rows: Event time, available_at and the wanted columns of the row that each label gets; NULL where it gets none.
        found: Whether it gets one.
    """

    rows: pa.Table
    found: Flags

    @cached_property
    def events(self) -> Longs:
        """Event time of each row, microseconds since 1970 UTC."""
        return as_longs(self.rows.column(EVENT_TIME))

    @cached_property
    def known(self) -> Longs:
        """Knowledge time of each row, likewise."""
        return as_longs(self.rows.column(AVAILABLE_AT))


def better_rows(left: FoundRows, right: FoundRows, group: str) -> FoundRows:
    """Return for each label the row with the newer event of two parts, of one event the one that became known later.

    Raises:
        RuntimeError: Two rows of a label tie; `ties_told` recognises its message.
    """
    both = left.found & right.found
    tied = both & (left.events == right.events) & (left.known == right.known)
    if bool(tied.any()):
        raise RuntimeError(tie_message(group, str(left.rows.column(EVENT_TIME)[int(np.argmax(tied))].as_py())))
    newer = (right.events > left.events) | ((right.events == left.events) & (right.known > left.known))
    is_right = right.found & (~left.found | newer)
    places = np.arange(len(is_right)) + np.where(is_right, len(is_right), 0)
    rows = pa.concat_tables([left.rows, right.rows]).combine_chunks().take(pa.array(places))
    return FoundRows(rows, left.found | right.found)
