"""Convert the columns of an Arrow table to the pandas columns that a portable scorer reads."""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tidegate.errors import MissingColumnsError, UsageError


def pandas_columns(table: pa.Table, numeric: Sequence[str], categorical: Sequence[str]) -> pd.DataFrame:
    """Return numeric columns as doubles and categorical ones as strings; NULL is NaN in a number and None in a string.

    Args:
        table: Rows with at least these columns.
        numeric: Columns of numbers, decimals or booleans.
        categorical: Columns of any type that Arrow can convert to strings.

    Raises:
        MissingColumnsError: The table lacks a column.
        UsageError: A column can't be converted.
    """
    missing = {*numeric, *categorical} - set(table.column_names)
    if missing:
        raise MissingColumnsError("table to score", missing, table.column_names)
    columns = {name: _converted(table, name, pa.float64()).to_numpy() for name in numeric}
    columns |= {name: _converted(table, name, pa.string()).to_numpy(zero_copy_only=False) for name in categorical}
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))


def _converted(table: pa.Table, name: str, kind: pa.DataType) -> pa.ChunkedArray:
    column = table.column(name)
    try:
        # Not safe: a long beyond 2 ** 53 becomes the nearest double, as in Spark.
        return pc.cast(column, kind, safe=False)
    except pa.ArrowException as error:
        raise UsageError(
            f"table to score: column {name!r} is {column.type}, which can't be converted to {kind}. Convert it before scoring."
        ) from error
