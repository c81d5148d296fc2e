"""Declared columns, and the comparison of a frame with them before any job starts."""

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
        name: Column name.
        type: Spark type of the column.
        description: What the value means, for people.
        unit: Unit of the value, such as `minutes`; None where there is none.
        origin: Where the values come from, for people: source and columns, such as `movements: delay_minutes`.
        since: First version of the feature group that has the column; None: it was there from version 1 on. So a column
            that a new version adds says so, and the columns beside it stay as they are.

    Raises:
        DefinitionError: An attribute is of another type than declared, or no table can hold the type of the column.
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


# Options of JSON that reads back to the last digit: Spark's own forms of a time have milliseconds.
EXACT_JSON = {
    "timeZone": "UTC",
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
}


def struct_type(fields: Sequence[Field]) -> T.StructType:
    """Return the Spark schema of declared fields, all nullable."""
    return T.StructType([T.StructField(field.name, field.type) for field in fields])


def subject_names(declared: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the subject columns that a definition declares: one name, several, or none."""
    names = (declared,) if isinstance(declared, str) else declared or ()
    return tuple(dict.fromkeys(name for name in names if name))


def require_declared(names: Iterable[str], fields: Sequence[Field], role: str, where: str) -> None:
    """Raise DefinitionError unless every name is that of a declared field."""
    declared = [field.name for field in fields]
    for name in names:
        if name not in declared:
            raise DefinitionError(
                f"{where}: {role} names {name!r}, which is not a declared field; declared: "
                f"{', '.join(declared)}.{did_you_mean(name, declared)}"
            )


def require_share(share: float, role: str, where: str) -> None:
    """Raise DefinitionError unless the number is a share, 0 to 1."""
    if not 0 <= share <= 1:
        raise DefinitionError(f"{where}: {role} is {share}; a share lies between 0 and 1.")


def require_columns(frame: DataFrame, names: Iterable[str], where: str) -> None:
    """Raise MissingColumnsError unless the frame has every named column."""
    missing = set(names) - set(frame.columns)
    if missing:
        raise MissingColumnsError(where, missing, frame.columns)


def require_schema(frame: DataFrame, expected: T.StructType, where: str) -> None:
    """Raise SchemaMismatchError unless the frame has exactly the expected columns and types, in any order."""
    actual = {field.name: field.dataType for field in frame.schema.fields}
    twice = sorted(name for name, times in Counter(frame.columns).items() if times > 1)
    wanted = {field.name: field.dataType for field in expected.fields}
    differences = [f"column {name} is there twice" for name in twice]
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
    """Compare two types but for the nullability inside them, which a MERGE does not keep."""
    return left.simpleString() == right.simpleString()


def quoted(name: str) -> str:
    """Return a column's name as SQL takes it, whatever characters it has."""
    return "`" + name.replace("`", "``") + "`"


def comparable(column: str, kind: T.DataType, depth: int = 0) -> str:
    """Return SQL of a column in a form that `<=>` and hashes take: Spark compares no maps, but their sorted entries.

    Args:
        column: SQL of the column.
        kind: Its type.
        depth: How many functions it stands in: each names its argument apart from those around it.
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
    """Return SQL of a struct with these names and SQL expressions."""
    return f"named_struct({', '.join(f'{text_literal(name)}, {value}' for name, value in parts)})"


def text_literal(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _holds_map(kind: T.DataType) -> bool:
    if isinstance(kind, T.StructType):
        return any(_holds_map(field.dataType) for field in kind.fields)
    return isinstance(kind, T.MapType) or (isinstance(kind, T.ArrayType) and _holds_map(kind.elementType))
