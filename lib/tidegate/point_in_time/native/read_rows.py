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
        held = set(file.schema_arrow.names)
        read = file.read(columns=[name for name in schema.names if name in held], use_threads=False)
    # By name once: each look among the columns of a wide table is as long as its schema.
    columns = dict(zip(read.column_names, read.columns, strict=True))
    return pa.table([_column(columns, field, len(read)) for field in schema], schema=schema)


def _column(read: Mapping[str, pa.ChunkedArray], field: pa.Field, rows: int) -> pa.ChunkedArray | pa.Array:
    if field.name not in read:
        return pa.nulls(rows, field.type)
    column = read[field.name]
    return column if column.type == field.type else column.cast(field.type)
