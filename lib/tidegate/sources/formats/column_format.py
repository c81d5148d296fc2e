"""The base class of formats whose files have columns with types. These must be exactly the declared ones."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import DefinitionError, WrongFilesError
from tidegate.schema import EXACT_JSON
from tidegate.sources.formats.format import DeclaredSource, FileFormat
from tidegate.sources.judged_rows import AS_READ, judged_values
from tidegate.sources.local_times import LocalTime, with_steps
from tidegate.sources.typed_values import Reading, with_readings


class ColumnFormat(FileFormat):
    """A format in which each file states its columns and their types.

    Such a format names the columns of each file by the fields (`named_by_field`), compares them with the declared ones before a
    row is read (`column_differences`), finds the times without a zone (`naive_columns`), reads the rows with their places, and
    gives them to `judged_columns`.
    """

    def check_source(self, source: DeclaredSource) -> None:  # noqa: D102  # described in FileFormat
        naive = [each.name for each in source.fields if isinstance(each.type, T.TimestampNTZType)]
        if naive and source.zone is None:
            raise DefinitionError(
                f"source {source.name!r}: {', '.join(naive)} is declared timestamp_ntz, times without a zone; declare their "
                "zone, such as zone='Europe/Warsaw' (or 'UTC'), and the field as timestamp."
            )
        for name, pattern in source.patterns.items():
            raise DefinitionError(
                f"source {source.name!r}: the pattern {pattern!r} of {name}: patterns are for texts, but the columns of "
                f"{type(self).__name__} have types. Leave it out."
            )

    def read_held(self, source: DeclaredSource, held: DataFrame) -> DataFrame:  # noqa: D102
        return judged_received(source, held)


def judged_columns(source: DeclaredSource, rows: DataFrame, naive: set[str]) -> DataFrame:
    """Validate rows with the declared columns and their place. `naive` names the columns that have times without a zone."""
    row = F.struct(*[F.col(f"`{name}`") for name in source.names])
    # Named by number, because another field may have the name of such a column.
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


def judged_received(source: DeclaredSource, rows: DataFrame) -> DataFrame:
    """Validate quarantined rows again. `_as_read` is the JSON text that `judged_columns` wrote; its times may have no zone."""
    times = {field.name for field in source.fields if isinstance(field.type, T.TimestampType)}
    kinds = [T.StructField(each.name, T.StringType() if each.name in times else each.type) for each in source.fields]
    parsed = rows.withColumn("_row", F.from_json(AS_READ, T.StructType(kinds), {**EXACT_JSON, "mode": "FAILFAST"}))
    columns = {name: F.col(f"_row.`{name}`") for name in source.names}
    parsed, read = with_readings(parsed, source, {name: columns[name] for name in times})
    values = {name: read.get(name, Reading(columns[name], F.lit(None).cast("string"))) for name in source.names}
    return judged_values(source, parsed, values, F.col(AS_READ))


def named_by_field(source: DeclaredSource, found: T.StructType | str) -> T.StructType | str:
    """Rename the columns of a file to the names of the source's fields. A text, which says why there are none, is returned."""
    if isinstance(found, str) or not source.headers:
        return found
    fields = {called: name for name, called in source.file_names.items()}
    # A column with the name of a field that is declared under another name is an extra column.
    names = [fields.get(each.name, f"{each.name} (itself)" if each.name in fields.values() else each.name) for each in found]
    return T.StructType([T.StructField(name, each.dataType) for name, each in zip(names, found.fields, strict=True)])


def column_differences(source: DeclaredSource, found: T.StructType | str) -> str | None:
    """Return what is wrong with the columns of a file, or why they can't be read; None if nothing is wrong."""
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


def columns_of_files(source: DeclaredSource, found: Mapping[str, T.StructType | str]) -> tuple[T.StructType, set[str]]:
    """Check the columns of files. Return the columns to read, by their names in the files, and those with times without a zone.

    Args:
        source: The declaration.
        found: The columns of each file, by its URI, or why they can't be read.

    Raises:
        WrongFilesError: A file has other columns than declared, or can't be read.
    """
    schemas = {path: named_by_field(source, each) for path, each in found.items()}
    wrong = {path: complaint for path, schema in schemas.items() if (complaint := column_differences(source, schema))}
    if wrong:
        raise WrongFilesError(source.name, {path.rsplit("/", 1)[-1]: complaint for path, complaint in wrong.items()})
    naive = naive_columns(source, schemas)
    kinds = {field.name: T.TimestampNTZType() if field.name in naive else field.type for field in source.fields}
    return T.StructType([T.StructField(source.file_names[name], kind) for name, kind in kinds.items()]), naive


def naive_columns(source: DeclaredSource, schemas: dict[str, T.StructType | str]) -> set[str]:
    """Return the columns with times without a zone. A column must be the same in all files."""
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
    """Read a time without a zone as UTC, whatever the zone of the session is."""
    return F.concat(wall.cast("string"), F.lit("Z")).cast("timestamp")
