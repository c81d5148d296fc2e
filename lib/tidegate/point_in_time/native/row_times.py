"""Convert times and sequence values to integers."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidegate.moments import moment_of
from tidegate.point_in_time.native.arrays import Longs

# In microseconds. It is longer than the whole calendar, yet a label time minus it still fits into 64 bits.
NO_LIMIT = 2**62


def as_longs(times: pa.ChunkedArray) -> Longs:
    """Return timestamps as microseconds since 1970 UTC; NULL becomes 0."""
    micros = times.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    return np.asarray(pc.fill_null(micros, 0).combine_chunks(), dtype=np.int64)


def ranks(values: pa.ChunkedArray) -> Longs:
    """Return the rank of each value in Spark's order: equal values have equal ranks, and NULL comes first."""
    places = np.asarray(pc.rank(values, "ascending", tiebreaker="dense")).astype(np.int64)
    # Ranks begin at 1, so 0 comes first. Arrow's own option for the position of NULL differs between its versions.
    places[np.asarray(pc.is_null(values).combine_chunks())] = 0
    return places


def as_moment(micros: int) -> str:
    """Return microseconds since 1970 UTC as a readable timestamp."""
    return str(moment_of(micros))
