"""CSV landing files: the declaration of a source, and reading its days as a typed frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.declared_names import require_column_names, require_name
from tidegate.declared_types import require_declared_types
from tidegate.names import require_free_names
from tidegate.period import Period
from tidegate.schema import Field, require_declared, struct_type
from tidegate.sources.folders import list_folder

MALFORMED = "_malformed"

# Spark's casts accept more than a feed should send: '2013' as a date, '1.5d' as a double, a timestamp without a zone.
PATTERNS = {
    "double": r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$",
    "date": r"^\d{4}-\d{2}-\d{2}$",
    "timestamp": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$",
}


@dataclass(frozen=True)
class CsvSource:
    """CSV files that a feed delivers to `<landing>/<name>/day=YYYY-MM-DD/`, or to `<landing>/<name>/` if it is not daily.

    Every file starts with a header that names exactly the declared fields in their order. Timestamps are ISO 8601 in
    UTC with a `Z`; an empty value is NULL. The steps of a FeaturePipeline read such sources. For files that a Loading loads, and
    for other formats, declare a Source.

    Attributes:
        name: The name of the source and of its folder.
        fields: The columns of a file.
        key: The columns that together identify a row. They are never NULL, and no key occurs twice in a file.
        daily: Whether there is one folder per day, each with at least one row.
        personal: The columns whose values never appear in a message.
        required: Further columns that are never NULL.

    Raises:
        DefinitionError: An attribute has another type than declared, a name can't be used, or `key`, `personal` or `required`
            names a column that is not among the fields.
    """

    name: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    daily: bool
    personal: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_declared_types(self)
        where = f"source {self.name!r}"
        require_name(self.name, "source")
        require_column_names(self.names, where)
        require_free_names(self.names, where)
        for role, names in {"key": self.key, "personal": self.personal, "required": self.required}.items():
            require_declared(names, self.fields, role, where)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in the order of the file."""
        return tuple(field.name for field in self.fields)

    def folder(self, landing: str) -> str:
        """Return the URI of the source's folder in a landing zone."""
        return f"{landing.rstrip('/')}/{self.name}"


def read_csv_source(spark: SparkSession, source: CsvSource, landing: str, period: Period) -> DataFrame:
    """Read the delivered days of the period as a frame with exactly the declared columns and types.

    This function does not check values, and reads a value that does not have the declared type as NULL. Call `check_source`
    first, which refuses such values.

    Args:
        spark: The session.
        source: The declaration of the files.
        landing: The URI of the landing zone.
        period: The days to read, including the warm-up; ignored if the source is not daily.
    """
    folders = source_folders(spark, source, landing, period)
    if not folders:
        return spark.createDataFrame([], struct_type(source.fields))
    lines = spark.read.text(list(folders)).filter(F.length(F.trim("value")) > 0)
    parsed = lines.select(parsed_line(source).alias("row"))
    data = parsed.filter(~is_header(source, "row"))
    return data.select([typed(field, F.col(f"row.{field.name}")).alias(field.name) for field in source.fields])


def source_folders(spark: SparkSession, source: CsvSource, landing: str, period: Period) -> Sequence[str]:
    """Return the URIs of the existing folders with files of the period."""
    folder = list_folder(spark, source.folder(landing))
    if not source.daily:
        return (folder.uri,) if folder.files else ()
    present = set(folder.days)
    return tuple(folder.day_uri(day) for day in period.days() if day in present)


def parsed_line(source: CsvSource) -> Column:
    """Split a line (`value`) into a struct of strings; `_malformed` is not NULL if the number of values is wrong."""
    columns = [*(f"`{name}` STRING" for name in source.names), f"`{MALFORMED}` STRING"]
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": MALFORMED}
    return F.from_csv("value", ", ".join(columns), options)


def is_header(source: CsvSource, row: str) -> Column:
    """Return whether a parsed line is the header, with exactly the names of the columns."""
    same = [F.col(f"{row}.{name}").eqNullSafe(F.lit(name)) for name in source.names]
    return reduce(and_, same) & F.col(f"{row}.{MALFORMED}").isNull()


def typed(field: Field, value: Column) -> Column:
    """Return a string cast to the field's type; NULL if the cast is not possible."""
    return value if isinstance(field.type, T.StringType) else value.try_cast(field.type)


def is_mistyped(field: Field, value: Column) -> Column:
    """Return whether a string that is not NULL can't be read as the field's type."""
    pattern = PATTERNS.get(field.type.typeName())
    wrong = typed(field, value).isNull()
    if pattern is not None:
        wrong = wrong | ~value.rlike(pattern)
    return value.isNotNull() & wrong
