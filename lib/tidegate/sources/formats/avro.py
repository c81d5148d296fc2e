"""Avro files: the columns of every file are compared with the declared ones before a row is read."""

from dataclasses import dataclass
from typing import Any, ClassVar

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import DefinitionError
from tidegate.hadoop import configuration, open_path
from tidegate.jvm import java_class
from tidegate.schema import quoted
from tidegate.sources.delivery import Portion
from tidegate.sources.folders import file_uri, literal_path
from tidegate.sources.formats.column_format import ColumnFormat, columns_of_files, judged_columns
from tidegate.sources.formats.format import DeclaredSource
from tidegate.sources.judged_rows import BLOCK, FILE, NUMBER

# Spark 4.2 contains its Avro reader. Only the short name `avro` of the reader needs the jar spark-avro.
_READER = "org.apache.spark.sql.avro.AvroFileFormat"
_SYNC_BYTES = 16


@dataclass(frozen=True)
class Avro(ColumnFormat):
    """Avro files (object container files) with exactly the declared columns and types.

    A union of null and one other type is a column of that type. A union of `int` and `long` is a `long`, and one of `float` and
    `double` is a `double`. Spark's types of the logical types are: `date` is a date, `timestamp-millis` and `timestamp-micros`
    are timestamps, `local-timestamp-millis` and `local-timestamp-micros` are times without a zone, `decimal` is a decimal, and
    `uuid` is text. An `enum` is text. Times in nanoseconds are refused.
    """

    bytes_a_value: ClassVar[int] = 4

    def check_source(self, source: DeclaredSource) -> None:  # noqa: D102  # described in FileFormat
        super().check_source(source)
        for each in source.fields:
            if isinstance(each.type, T.ByteType | T.ShortType):
                raise DefinitionError(
                    f"source {source.name!r}: {each.name} is {each.type.simpleString()}, but whole numbers in Avro are int and "
                    "bigint; declare one of these."
                )

    def read_portion(self, spark: SparkSession, source: DeclaredSource, portion: Portion) -> DataFrame:
        """Return the rows of some files. The place of a row is its number in the file, which messages call its line."""
        known: dict[str, T.StructType | str] = {}
        schema, naive = columns_of_files(source, {path: _file_columns(spark, path, known) for path in portion.paths})
        # A session may have other defaults: to skip damaged files without an error, and to shift days before 1582.
        reader = spark.read.format(_READER).schema(schema).options(ignoreCorruptFiles="false", datetimeRebaseMode="CORRECTED")
        rows = reader.load([literal_path(path) for path in portion.paths]).select(
            file_uri().alias(FILE),
            F.col("_metadata.file_block_start").alias(BLOCK),
            F.monotonically_increasing_id().alias(NUMBER),
            *[F.col(quoted(called)).alias(name) for name, called in source.file_names.items()],
        )
        return judged_columns(source, rows, naive)


def _file_columns(spark: SparkSession, uri: str, known: dict[str, T.StructType | str]) -> T.StructType | str:
    """Return the columns of an Avro file from its header, or a text with the reason why the file can't be read.

    Args:
        spark: The session.
        uri: The URI of the file.
        known: The columns of each schema that another file had. Spark translates each schema once.
    """
    path, file_system = open_path(spark, uri)
    try:
        reader = _opened(spark, path)
        try:
            text, header_end = str(reader.getSchema().toString()), int(reader.previousSync())
        finally:
            reader.close()
        if not _ends_whole(spark, file_system, path, header_end):
            return "its end is missing: the file is cut off"
        if text not in known:
            known[text] = _translated(spark, uri)
        return known[text]
    except (Py4JJavaError, PySparkException):
        return "it is not an Avro file, or its header is damaged or cut off"


def _opened(spark: SparkSession, path: Any) -> Any:  # noqa: ANN401  # classes of Hadoop and Avro
    seekable = java_class(spark, "org.apache.avro.mapred.FsInput")(path, configuration(spark))
    records = java_class(spark, "org.apache.avro.generic.GenericDatumReader")()
    return java_class(spark, "org.apache.avro.file.DataFileReader")(seekable, records)


def _ends_whole(spark: SparkSession, file_system: Any, path: Any, header_end: int) -> bool:  # noqa: ANN401
    """Return whether the file ends with a whole block.

    Avro's reader takes a block without its end for the end of the file, so its rows would be lost without an error. The header
    and every block end with the same 16 bytes, which are random in each file.
    """
    length = int(file_system.getFileStatus(path).getLen())
    read = java_class(spark, "org.apache.commons.io.IOUtils").toByteArray
    stream = file_system.open(path)
    try:
        stream.seek(header_end - _SYNC_BYTES)
        mark = bytes(read(stream, _SYNC_BYTES))
        stream.seek(length - _SYNC_BYTES)
        return bytes(read(stream, _SYNC_BYTES)) == mark
    finally:
        stream.close()


def _translated(spark: SparkSession, uri: str) -> T.StructType | str:
    """Return the columns with the types that Spark gives them, or why Spark has no type for one of them."""
    try:
        return spark.read.format(_READER).load(literal_path(uri)).schema
    except (Py4JJavaError, PySparkException):
        return "its schema is no record, or has a type that Spark doesn't know, such as one that contains itself"
