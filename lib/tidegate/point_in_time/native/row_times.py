"""Times and orders as whole numbers."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidegate.moments import moment_of
from tidegate.point_in_time.native.arrays import Longs


def as_longs(times: pa.ChunkedArray) -> Longs:
    """Return timestamps as microseconds since 1970 UTC; 0 where one is NULL."""
    micros = times.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    return np.asarray(pc.fill_null(micros, 0).combine_chunks(), dtype=np.int64)


def ranks(values: pa.ChunkedArray) -> Longs:
    """Return the place of each value in their order, equal ones alike, NULL first, as Spark orders them."""
    places = np.asarray(pc.rank(values, "ascending", tiebreaker="dense")).astype(np.int64)
    # Where NULL goes is told in ways that changed between versions of Arrow; ranks begin at 1.
    places[np.asarray(pc.is_null(values).combine_chunks())] = 0
    return places


def as_moment(micros: int) -> str:
    """Return microseconds since 1970 UTC as text."""
    return str(moment_of(micros))
