"""Read the files of one bucket inside a task: only the needed columns, converted to their declared types."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs


def read_rows(paths: Sequence[str], columns: Mapping[str, pa.DataType]) -> pa.Table:
    """Return the named columns of all rows in these files.

    As in Delta, a column that is missing from an older file is NULL, and values from before a type was widened are cast.

    Args:
        paths: Parquet files, as URIs or local paths.
        columns: Maps each column to its Arrow type.
    """
    schema = pa.schema(list(columns.items()))
    tables = [_read(path, schema) for path in paths]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _read(path: str, schema: pa.Schema) -> pa.Table:
    system, inner = fs.FileSystem.from_uri(path) if "://" in path else (fs.LocalFileSystem(), path)
    # Old versions of Spark wrote times as 96 bits. Arrow reads these as nanoseconds by default, which overflow after 2262.
    with system.open_input_file(inner) as source:
        # Spark's reader verifies checksums too, so that a corrupt page is an error and not a wrong value.
        file = pq.ParquetFile(source, coerce_int96_timestamp_unit="us", page_checksum_verification=True)
        held = set(file.schema_arrow.names)
        read = file.read(columns=[name for name in schema.names if name in held], use_threads=False)
    # A dictionary, because looking up a column by name in a wide table scans its whole schema.
    columns = dict(zip(read.column_names, read.columns, strict=True))
    return pa.table([_column(columns, field, len(read)) for field in schema], schema=schema)


def _column(read: Mapping[str, pa.ChunkedArray], field: pa.Field, rows: int) -> pa.ChunkedArray | pa.Array:
    if field.name not in read:
        return pa.nulls(rows, field.type)
    column = read[field.name]
    return column if column.type == field.type else column.cast(field.type)
