"""Lines of CSV landing files with typed values. One pass over the files serves both their check and the users of their rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Literal

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.sources.csv_days.csv_source import MALFORMED, CsvSource, is_header, is_mistyped, parsed_line, typed

_FILE, _BLOCK, _ID, _HEADER, _WRONG = "_file", "_block", "_id", "_header", "_wrong"


@dataclass(frozen=True)
class Fault:
    """A fault that a parsed line (`row`) can have.

    Attributes:
        column: The name of the column that has the fault; empty if it is a fault of the whole line.
        kind: The kind of the fault.
        found: A boolean column that says whether the line has the fault; never NULL.
    """

    column: str
    kind: Literal["malformed", "null", "mistyped"]
    found: Column


def faults(source: CsvSource) -> list[Fault]:
    """Return all faults that a line of data can have. A message reports the first one that is found."""
    never_null = {*source.key, *source.required}
    possible = [Fault("", "malformed", F.col(f"row.{MALFORMED}").isNotNull())]
    for field in source.fields:
        value = F.col(f"row.{field.name}")
        if field.name in never_null:
            possible.append(Fault(field.name, "null", value.isNull()))
        possible.append(Fault(field.name, "mistyped", is_mistyped(field, value)))
    return possible


def file_lines(spark: SparkSession, folders: Iterable[str]) -> DataFrame:
    """Read files line by line, without blank lines.

    Returns:
        A frame with the columns `file`, `place` (it sorts by the position in the file) and `value` (the line).
    """
    place = F.struct(F.col("_metadata.file_block_start").alias("block"), F.monotonically_increasing_id().alias("id"))
    lines = spark.read.text(list(folders)).select(F.col("_metadata.file_path").alias("file"), place.alias("place"), "value")
    return lines.filter(F.length(F.trim("value")) > 0)


def typed_lines(spark: SparkSession, source: CsvSource, folders: Iterable[str]) -> DataFrame:
    """Return the lines of the files with the source's columns in their types, and the columns that `right_files` needs."""
    parsed = file_lines(spark, folders).select("file", "place", parsed_line(source).alias("row"))
    return parsed.select(
        F.col("file").alias(_FILE),
        F.col("place.block").alias(_BLOCK),
        F.col("place.id").alias(_ID),
        is_header(source, "row").alias(_HEADER),
        reduce(or_, (fault.found for fault in faults(source))).alias(_WRONG),
        *(typed(field, F.col(f"row.{field.name}")).alias(field.name) for field in source.fields),
    )


def data_rows(source: CsvSource, lines: DataFrame) -> DataFrame:
    """Return the rows without the headers, with only the source's columns."""
    return lines.where(~F.col(_HEADER)).select(*source.names)


def right_files(source: CsvSource, lines: DataFrame) -> set[str]:
    """Return the files that are right: one header in the first line, then rows without a fault and without a duplicate key.

    This runs one Spark job and collects one name per file. The job computes only whole numbers, which Spark aggregates by hash.
    To find the first wrong line, Spark would have to sort the lines.
    """
    data, at_start = ~F.col(_HEADER), F.col(_BLOCK) == 0
    by_key = lines.groupBy(_FILE, *source.key).agg(
        F.count_if(data).alias("_rows"),
        F.count_if(_HEADER).alias("_headers"),
        F.count_if(data & F.col(_WRONG)).alias("_wrong_rows"),
        F.min(F.when(at_start, F.col(_ID))).alias("_first"),
        F.min(F.when(at_start & F.col(_HEADER), F.col(_ID))).alias("_first_header"),
    )
    # A key with NULL is already counted as a fault, or belongs to the header.
    by_file = by_key.groupBy(_FILE).agg(
        F.sum("_rows").alias("rows"),
        F.sum("_headers").alias("headers"),
        F.sum("_wrong_rows").alias("wrong"),
        F.count_if(F.col("_rows") > 1).alias("twice"),
        F.min("_first").alias("first"),
        F.min("_first_header").alias("first_header"),
    )
    is_right = "rows > 0 AND headers = 1 AND wrong = 0 AND twice = 0 AND first = first_header"
    return {row[_FILE] for row in by_file.where(is_right).select(_FILE).collect()}
