"""Read the files of one bucket inside a task: only the columns that are needed, in their declared types."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs


def read_rows(paths: Sequence[str], columns: Mapping[str, pa.DataType]) -> pa.Table:
    """Return the named columns of all rows in some files.

    A file older than a column has NULL there; one from before a type was widened is read as the wider type: as Delta reads them.
    """
    schema = pa.schema(list(columns.items()))
    tables = [_read(path, schema) for path in paths]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _read(path: str, schema: pa.Schema) -> pa.Table:
    system, inner = fs.FileSystem.from_uri(path) if "://" in path else (fs.LocalFileSystem(), path)
    # Spark of old wrote times as 96 bits; Arrow takes these for nanoseconds, which end in 2262.
    with system.open_input_file(inner) as source:
        # A flipped bit is refused here as it is by Spark's own reader.
        file = pq.ParquetFile(source, coerce_int96_timestamp_unit="us", page_checksum_verification=True)
        there = [name for name in schema.names if name in file.schema_arrow.names]
        read = file.read(columns=there, use_threads=False)
    return pa.table([_column(read, field) for field in schema], schema=schema)


def _column(read: pa.Table, field: pa.Field) -> pa.ChunkedArray | pa.Array:
    if field.name not in read.column_names:
        return pa.nulls(len(read), field.type)
    column = read.column(field.name)
    return column if column.type == field.type else column.cast(field.type)
