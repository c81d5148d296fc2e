"""Parquet files as rows: the columns of every file are compared with the declared ones before one is read."""

from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import WrongFilesError
from tidegate.hadoop import configuration, open_path
from tidegate.jvm import java_class
from tidegate.schema import EXACT_JSON, quoted
from tidegate.sources.folders import file_uri, literal_path
from tidegate.sources.judged_rows import AS_READ, BLOCK, FILE, NUMBER, judged_values
from tidegate.sources.local_times import LocalTime, with_steps
from tidegate.sources.source import Source
from tidegate.sources.typed_values import Reading, with_readings
from tidegate.tables.parquet_columns import parquet_columns


def judged_parquet(spark: SparkSession, source: Source, paths: list[str]) -> DataFrame:
    """Read Parquet files as rows; a row's line is its number in the file.

    Raises:
        WrongFilesError: A file can't be read, or has other columns.
    """
    schemas = {path: _by_field(source, file_columns(spark, path)) for path in paths}
    wrong = {path: found for path, schema in schemas.items() if (found := column_differences(source, schema))}
    if wrong:
        raise WrongFilesError(source.name, {path.rsplit("/", 1)[-1]: complaint for path, complaint in wrong.items()})
    naive = naive_columns(source, schemas)
    kinds = {field.name: T.TimestampNTZType() if field.name in naive else field.type for field in source.fields}
    schema = T.StructType([T.StructField(source.file_names[name], kind) for name, kind in kinds.items()])
    # Where the writer left checksums of the pages, damage shows; without them a flipped bit can be another value.
    reader = spark.read.schema(schema).option("parquet.page.verify-checksum.enabled", "true")
    rows = reader.parquet(*map(literal_path, paths)).select(
        file_uri().alias(FILE),
        F.lit(0).cast("bigint").alias(BLOCK),
        F.col("_metadata.row_index").alias(NUMBER),
        *[F.col(quoted(called)).alias(name) for name, called in source.file_names.items()],
    )
    return judged_columns(source, rows, naive)


def judged_columns(source: Source, rows: DataFrame, naive: set[str]) -> DataFrame:
    """Judge rows of the declared columns at a place, of which some are times without a zone."""
    row = F.to_json(F.struct(*[F.col(f"`{name}`") for name in source.names]), EXACT_JSON)
    # By number: another field may be called as a step of this one's.
    walls = {name: f"_wall_{place}" for place, name in enumerate(sorted(naive))}
    times = {name: LocalTime(wall, source.zone or "", source.double_hours) for name, wall in walls.items()}
    rows = with_steps(
        rows,
        {wall: _as_utc(F.col(f"`{name}`")) for name, wall in walls.items()},
        {name: column for time in times.values() for name, column in time.candidates().items()},
        {name: column for time in times.values() for name, column in time.checks().items()},
    )
    values = {name: Reading(F.col(f"`{name}`"), F.lit(None).cast("string")) for name in source.names if name not in times}
    values |= {name: Reading(F.when(time.fault.isNull(), time.moment), time.fault) for name, time in times.items()}
    return judged_values(source, rows, {name: values[name] for name in source.names}, row)


def judged_received(source: Source, rows: DataFrame) -> DataFrame:
    """Judge held rows again, whose `_as_read` is what `judged_parquet` made of them; a time may have no zone."""
    times = {field.name for field in source.fields if isinstance(field.type, T.TimestampType)}
    kinds = [T.StructField(each.name, T.StringType() if each.name in times else each.type) for each in source.fields]
    parsed = rows.withColumn("_row", F.from_json(AS_READ, T.StructType(kinds), {**EXACT_JSON, "mode": "FAILFAST"}))
    columns = {name: F.col(f"_row.`{name}`") for name in source.names}
    parsed, read = with_readings(parsed, source, {name: columns[name] for name in times})
    values = {name: read.get(name, Reading(columns[name], F.lit(None).cast("string"))) for name in source.names}
    return judged_values(source, parsed, values, F.col(AS_READ))


def file_columns(spark: SparkSession, uri: str) -> T.StructType | str:
    """Return the columns of a Parquet file, from its footer; or why it can't be read."""
    path, _ = open_path(spark, uri)
    try:
        footer = java_class(spark, "org.apache.parquet.hadoop.ParquetFileReader").readFooter(configuration(spark), path)
        message = footer.getFileMetaData().getSchema()
        if _is_miscounted(footer, message):
            return "its footer counts rows that its columns don't have: it is damaged"
        return parquet_columns(spark, literal_path(uri), message)
    except (Py4JJavaError, PySparkException) as error:
        return _unreadable(error)


def _by_field(source: Source, found: T.StructType | str) -> T.StructType | str:
    """Call the columns of a file as the source's fields are called."""
    if isinstance(found, str) or not source.headers:
        return found
    fields = {called: name for name, called in source.file_names.items()}
    # A column that is called like a field, but is none of the declared ones, is an extra one.
    names = [fields.get(each.name, f"{each.name} (itself)" if each.name in fields.values() else each.name) for each in found]
    return T.StructType([T.StructField(name, each.dataType) for name, each in zip(names, found.fields, strict=True)])


def _is_miscounted(footer: Any, message: Any) -> bool:  # noqa: ANN401  # Parquet's own classes
    """Whether a part of the file says to have other rows than its columns: no checksum covers the footer.

    A reader takes the part at its word, and makes up rows or leaves some out. One column that is not repeated tells.
    """
    flat = next((place for place, column in enumerate(message.getColumns()) if column.getMaxRepetitionLevel() == 0), None)
    if flat is None:
        return False
    return any(block.getRowCount() != block.getColumns().get(flat).getValueCount() for block in footer.getBlocks())


def _unreadable(error: Exception) -> str:
    text = str(getattr(error, "java_exception", error))
    if "NANOS" in text:
        return "a column with times in nanoseconds, which Spark can't hold: write it with microseconds"
    if "not a Parquet file" in text or "too small" in text:
        return "it is no Parquet file, or was cut off"
    return "its footer can't be read: it is damaged, or was cut off"


def column_differences(source: Source, found: T.StructType | str) -> str | None:
    """Return what is wrong with a file's columns (or why they can't be read); None where nothing is."""
    if isinstance(found, str):
        return found
    kinds = {field.name: field.dataType for field in found.fields}
    parts = [f"missing column {name}" for name in source.names if name not in kinds]
    parts += [f"extra column {name}" for name in kinds if name not in source.names]
    for field in source.fields:
        kind = kinds.get(field.name, field.type)
        is_naive = isinstance(kind, T.TimestampNTZType) and isinstance(field.type, T.TimestampType)
        if is_naive and source.zone is None:
            parts.append(f"column {field.name} holds times without a zone; declare the source's zone")
        elif kind.simpleString() != field.type.simpleString() and not is_naive:
            parts.append(f"column {field.name} is {kind.simpleString()}, declared {field.type.simpleString()}")
    return "; ".join(parts) or None


def naive_columns(source: Source, schemas: dict[str, T.StructType | str]) -> set[str]:
    """Return the columns of times without a zone; the files must agree on it."""
    naive: dict[str, set[bool]] = {field.name: set() for field in source.fields}
    for schema in schemas.values():
        for field in schema.fields if isinstance(schema, T.StructType) else []:
            naive[field.name].add(isinstance(field.dataType, T.TimestampNTZType))
    mixed = [name for name, found in naive.items() if len(found) > 1]
    if mixed:
        complaint = f"column {', '.join(mixed)} has times with a zone in some files and without in others"
        raise WrongFilesError(source.name, {"the files together": f"{complaint}; load them as two sources"})
    return {name for name, found in naive.items() if True in found}


def _as_utc(wall: Column) -> Column:
    """Take a time without a zone for UTC, whatever the session's zone is."""
    return F.concat(wall.cast("string"), F.lit("Z")).cast("timestamp")
