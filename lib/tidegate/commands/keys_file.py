"""Read the file with the keys of rows to delete. Keys may name people, so they must not be typed on a command line."""

import csv

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import KeysFileError
from tidegate.feature_groups.definition import EVENT_TIME, FeatureGroup
from tidegate.hadoop import error_text, open_path
from tidegate.schema import Field, quoted
from tidegate.sources import Csv, Source
from tidegate.sources.first_lines import first_lines
from tidegate.sources.folders import literal_path
from tidegate.sources.formats.csv_lines import is_blank, names_fields, split_line

_MOMENT = r"^\s*\d+-\d{1,2}-\d{1,2}[T ]\d{1,2}:\d{2}.*(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)\s*$"
_LINE, _TEXTS = "value", "_texts"


def read_keys(spark: SparkSession, path: str, group: FeatureGroup) -> DataFrame:
    """Return the keys of a CSV file, with the types of the group's columns.

    Raises:
        KeysFileError: The file does not exist, is not CSV in UTF-8, has other columns, or has a value that does not have the
            type of its column. The message shows no value.
    """
    allowed = {name: group.schema[name].dataType for name in (*group.entity_key, EVENT_TIME)}
    names = _header(spark, path, group)
    source = Source("keys", tuple(Field(name, T.StringType(), name) for name in names), Csv())
    lines = spark.read.text(literal_path(path)).where(~is_blank(F.col(_LINE)))
    texts = lines.withColumn(_TEXTS, split_line(source.fields, F.regexp_replace(_LINE, "^\ufeff", "")))
    rows = texts.where(~names_fields(source, F.col(_TEXTS)) | F.col(_TEXTS).isNull())
    keys = {name: _value(name, allowed[name]) for name in names}
    faults = {
        "are not UTF-8": ~F.is_valid_utf8(_LINE),
        f"don't have {len(names)} values, or have a quote that does not enclose a whole value": F.col(_TEXTS).isNull(),
        **{f"have no value of {name}, or a value {_fault(allowed[name])}": keys[name].isNull() for name in names},
    }
    counts = rows.agg(F.count(F.lit(1)), *map(F.count_if, faults.values())).first()
    found = (
        [] if counts is None else [f"{count:,} line(s) {fault}" for fault, count in zip(faults, counts[1:], strict=True) if count]
    )
    if counts is not None and not counts[0]:
        found = ["it has no key below its header"]
    if found:
        raise KeysFileError(path, found[0], tuple(allowed))
    return rows.select(*[column.alias(name) for name, column in keys.items()])


def _value(name: str, kind: T.DataType) -> Column:
    """Cast a text to the type of a column. A time without a day or a zone becomes NULL: Spark would add today and its zone."""
    text = F.col(f"{_TEXTS}.{quoted(name)}")
    value = text.try_cast(kind)
    return F.when(text.rlike(_MOMENT), value) if isinstance(kind, T.TimestampType) else value


def _fault(kind: T.DataType) -> str:
    if isinstance(kind, T.TimestampType):
        return "without a day, a time and a zone, such as 2024-01-31T12:00:00Z"
    return f"of another type than {kind.simpleString()}"


def _header(spark: SparkSession, path: str, group: FeatureGroup) -> list[str]:
    allowed = (*group.entity_key, EVENT_TIME)
    try:
        place, file_system = open_path(spark, path)
        if not file_system.exists(place):
            raise KeysFileError(path, "there is no such file", allowed)
        if not file_system.getFileStatus(place).isFile():
            raise KeysFileError(path, "it is a folder, not a file", allowed)
        first = first_lines(spark, path, 1)
    except (Py4JJavaError, PySparkException) as error:
        raise KeysFileError(path, f"it can't be read: {error_text(error)}", allowed) from None
    names = next(csv.reader(first), [])
    if not names:
        raise KeysFileError(path, "its first line is blank, but must be the header" if first else "it is empty", allowed)
    wrong = [name for name in names if name not in allowed]
    if not set(wrong) <= set(group.field_names):
        # The names are not shown: if the header is missing, the first line is a key, which may name a person.
        raise KeysFileError(
            path, f"its first line names {len(wrong)} column(s) that feature group {group.name} doesn't have", allowed
        )
    if wrong or len(set(names)) < len(names):
        raise KeysFileError(path, f"it has the columns {', '.join(names)}", allowed)
    return names
