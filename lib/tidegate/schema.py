"""Declared columns, and checks that a frame has them before a Spark job starts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from tidegate.declared_names import require_storable
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, MissingColumnsError, SchemaMismatchError, did_you_mean


@dataclass(frozen=True)
class Field:
    """One declared column.

    Attributes:
        name: Name of the column.
        type: Spark type of the column.
        description: What the value means, for people.
        unit: Unit of the value, such as `minutes`; None if it has none.
        origin: Where the values come from, for people: source and columns, such as `movements: delay_minutes`.
        since: First version of the feature group that has the column; None: version 1. When a new version adds a column, only
            the added field has to declare it.

    Raises:
        DefinitionError: An attribute does not have its declared type, or a table can't store the type of the column.
    """

    name: str
    type: T.DataType
    description: str
    unit: str | None = None
    origin: str | None = None
    since: int | None = None

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_storable(self.type, f"field {self.name!r}")


# Types whose values can be compared and sorted. Only these are allowed for keys and sequences.
SORTABLE = (T.NumericType, T.StringType, T.BinaryType, T.BooleanType, T.DateType, T.TimestampType, T.TimestampNTZType)

# Options with which JSON keeps the microseconds of times; with Spark's default patterns they would be cut to milliseconds.
EXACT_JSON = {
    "timeZone": "UTC",
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
}


def struct_type(fields: Sequence[Field]) -> T.StructType:
    """Return the Spark schema of declared fields; all columns are nullable."""
    return T.StructType([T.StructField(field.name, field.type) for field in fields])


def subject_names(declared: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the declared subject columns as a tuple; the declaration is one name, several names, or None."""
    names = (declared,) if isinstance(declared, str) else declared or ()
    return tuple(dict.fromkeys(name for name in names if name))


def require_declared(names: Iterable[str], fields: Sequence[Field], role: str, where: str) -> None:
    """Raise DefinitionError unless every name is the name of a declared field."""
    declared = [field.name for field in fields]
    for name in names:
        if name not in declared:
            raise DefinitionError(
                f"{where}: {role} names {name!r}, which is not a declared field; declared fields: "
                f"{', '.join(declared)}.{did_you_mean(name, declared)}"
            )


def require_share(share: float, role: str, where: str) -> None:
    """Raise DefinitionError unless the number is between 0 and 1."""
    if not 0 <= share <= 1:
        raise DefinitionError(f"{where}: {role} is {share}; give a share between 0 and 1.")


def require_columns(frame: DataFrame, names: Iterable[str], where: str) -> None:
    """Raise an error if a frame lacks one of the named columns.

    Args:
        frame: The frame.
        names: The names of the columns.
        where: What the frame is, for the message, such as `source flights`.

    Raises:
        MissingColumnsError: The frame lacks a column.
    """
    missing = set(names) - set(frame.columns)
    if missing:
        raise MissingColumnsError(where, missing, frame.columns)


def require_schema(frame: DataFrame, expected: T.StructType, where: str) -> None:
    """Raise SchemaMismatchError unless the frame has exactly the expected columns and types, in any order."""
    actual = {field.name: field.dataType for field in frame.schema.fields}
    twice = sorted(name for name, times in Counter(frame.columns).items() if times > 1)
    wanted = {field.name: field.dataType for field in expected.fields}
    differences = [f"column {name} occurs twice" for name in twice]
    differences += [f"missing column {name}" for name in wanted if name not in actual]
    differences += [f"unexpected column {name}" for name in actual if name not in wanted]
    differences += [
        f"column {name} is {actual[name].simpleString()}, declared {kind.simpleString()}"
        for name, kind in wanted.items()
        if name in actual and not same_type(actual[name], kind)
    ]
    if differences:
        raise SchemaMismatchError(where, differences, frame.columns)


def same_type(left: T.DataType, right: T.DataType) -> bool:
    """Return whether two types are equal, ignoring the nullability inside them, which a MERGE does not keep."""
    return left.simpleString() == right.simpleString()


def quoted(name: str) -> str:
    """Return a column name in backticks for SQL, whatever characters it has."""
    return "`" + name.replace("`", "``") + "`"


def comparable(column: str, kind: T.DataType, depth: int = 0) -> str:
    """Return SQL for a column in a form that `<=>` and hash functions accept.

    Spark can't compare maps, so each map, also inside a struct or an array, is replaced by the sorted array of its entries.

    Args:
        column: SQL of the column.
        kind: Type of the column.
        depth: Number of lambda functions around the column; it keeps the names of their arguments apart.
    """
    item = f"_item_{depth}"
    if isinstance(kind, T.MapType):
        key, value = comparable(f"{item}.key", kind.keyType, depth + 1), comparable(f"{item}.value", kind.valueType, depth + 1)
        return f"array_sort(transform(map_entries({column}), {item} -> named_struct('key', {key}, 'value', {value})))"
    if isinstance(kind, T.ArrayType) and _holds_map(kind.elementType):
        return f"transform({column}, {item} -> {comparable(item, kind.elementType, depth + 1)})"
    if isinstance(kind, T.StructType) and _holds_map(kind):
        parts = [(f.name, comparable(f"{column}.{quoted(f.name)}", f.dataType, depth)) for f in kind.fields]
        return f"if({column} IS NOT NULL, {named_struct(parts)}, NULL)"
    return column


def named_struct(parts: Iterable[tuple[str, str]]) -> str:
    """Return SQL for a struct with these field names and SQL expressions."""
    return f"named_struct({', '.join(f'{text_literal(name)}, {value}' for name, value in parts)})"


def text_literal(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _holds_map(kind: T.DataType) -> bool:
    if isinstance(kind, T.StructType):
        return any(_holds_map(field.dataType) for field in kind.fields)
    return isinstance(kind, T.MapType) or (isinstance(kind, T.ArrayType) and _holds_map(kind.elementType))
