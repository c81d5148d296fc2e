"""Leave out rows that lack a value without which they can match no label."""

from collections.abc import Iterable
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc


def complete_rows(rows: pa.Table, names: Iterable[str]) -> pa.Table:
    """Return the rows that have a value in all of these columns."""
    valid = [pc.is_valid(rows.column(name)) for name in names if rows.column(name).null_count]
    return rows.filter(reduce(pc.and_, valid)) if valid else rows
