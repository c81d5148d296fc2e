"""Write predictions into one Parquet or CSV file, for readers that know neither Spark nor Delta."""

from typing import Literal, get_args
from uuid import uuid4

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, DataFrameWriter
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import ExportFailedError, UsageError
from tidegate.hadoop import error_text, hadoop_path, open_path, rename_over
from tidegate.schema import quoted

Format = Literal["csv", "parquet"]
# Quotes are doubled, as in RFC 4180; Spark alone writes a backslash. Times keep their microseconds.
_CSV = {"header": "true", "escape": '"', "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"}
_NESTED = (T.MapType, T.ArrayType, T.StructType)


def export_format(path: str) -> Format:
    """Return the format that the ending of a file's name chooses.

    Raises:
        UsageError: The name ends with neither `.csv` nor `.parquet`.
    """
    for each in get_args(Format):
        if path.lower().endswith(f".{each}"):
            found: Format = each
            return found
    raise UsageError(f"the file {path!r} has another ending than .csv and .parquet, which choose the format; rename it.")


def export_rows(rows: DataFrame, path: str) -> int:
    """Write rows into one file, and replace an existing one. The rows stream through one task.

    A CSV file has maps and arrays as JSON, and a header.

    Args:
        rows: The rows.
        path: Any path that Spark can write. A reader sees the old file or the whole new one.

    Returns:
        The size of the file in bytes.

    Raises:
        UsageError: The name of the file ends with neither `.csv` nor `.parquet`.
        ExportFailedError: The file can't be written.
    """
    kind, spark = export_format(path), rows.sparkSession
    try:
        target, file_system = open_path(spark, path)
        beside = hadoop_path(spark, target.getParent() or ".", f".{target.getName()}.{uuid4().hex}")
        try:
            _one_file(rows, kind).save(str(beside.toString()))
            [part] = [each.getPath() for each in file_system.listStatus(beside) if each.getPath().getName().startswith("part-")]
            # On this machine, Hadoop would move the part's checksum file next to the target.
            file_system.delete(hadoop_path(spark, beside, f".{part.getName()}.crc"), False)
            rename_over(spark, part, target)
            return int(file_system.getFileStatus(target).getLen())
        finally:
            file_system.delete(beside, True)
    except (Py4JJavaError, PySparkException) as error:
        raise ExportFailedError(path, error_text(error)) from error


def _one_file(rows: DataFrame, kind: Format) -> DataFrameWriter:
    if kind == "parquet":
        return rows.coalesce(1).write.format("parquet")
    columns = [
        F.to_json(quoted(field.name)).alias(field.name) if isinstance(field.dataType, _NESTED) else F.col(quoted(field.name))
        for field in rows.schema.fields
    ]
    return rows.select(*columns).coalesce(1).write.format("csv").options(**_CSV)
