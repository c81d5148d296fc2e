"""Check the names in definitions: names of columns, and names that become names of folders and files."""

import re
from collections.abc import Iterable, Iterator

from pyspark.sql import types as T

from tidegate.errors import DefinitionError

# Characters that Delta and Parquet refuse in a name. They also refuse white space.
_UNSTORABLE = ",;{}()="
# A dot would mean a field inside a column, a star would mean all columns; quotes and a backslash end a name in SQL. Fields inside
# a column may have these characters: no query of ours splits their names, and older releases have stored such names.
_FORBIDDEN = _UNSTORABLE + ".*`'\"\\"
_LONGEST_COLUMN = 255
# With a version, the prefix `source_` and the suffix of a lock file, such a name still fits into every file system's limit.
_LONGEST_NAME = 128
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")

# Spark types that a table can't store: why not, and what to declare instead.
_UNSTORABLE_TYPES: dict[tuple[type[T.DataType], ...], str] = {
    (T.DayTimeIntervalType, T.YearMonthIntervalType, T.CalendarIntervalType): (
        "a table can't store an interval; declare a number, and its unit"
    ),
    (T.CharType, T.VarcharType): (
        "rows in Spark have no texts of a declared length; declare string, and the expectation length_between"
    ),
    (T.VariantType,): "variants can't be compared; declare a struct, or a string that contains JSON",
    (T.NullType,): "a column of this type has no values; declare the type of the values",
}


def require_name(name: str, where: str, stored: str = "") -> None:
    """Raise DefinitionError unless every file system and MLflow accept the name of a folder, a file or a model.

    Args:
        name: The name.
        where: What has the name, such as `feature group`.
        stored: A sentence that says what to do if a table with this name is already stored; empty for none.
    """
    if not is_name(name):
        raise DefinitionError(
            f"{where} {_shown(name)}: a folder or file gets this name, but not every file system accepts it. A name must begin "
            f"with a letter from a to z, contain only such letters, digits, _ and -, and have at most {_LONGEST_NAME} "
            f"characters. For example: {suggested_name(name)!r}.{stored and ' '}{stored}"
        )


def is_name(name: str) -> bool:
    """Return whether every file system and MLflow accept the name of a folder, a file or a model."""
    return _NAME.match(name) is not None and len(name) <= _LONGEST_NAME


def suggested_name(name: str) -> str:
    """Return a valid name that is similar to this one."""
    return _suggested(name, _LONGEST_NAME)


def require_column_names(names: Iterable[str], where: str, forbidden: str = _FORBIDDEN) -> None:
    """Raise DefinitionError unless Delta, Parquet and SQL accept each column name and no two names are equal.

    Args:
        names: Names of columns of one table.
        where: What declares them, such as `feature group 'weather'`.
        forbidden: Characters that a name must not contain.
    """
    declared = list(names)
    for name in declared:
        problem = _problem(name, forbidden)
        if problem is not None:
            raise DefinitionError(
                f"{where}: the column name {_shown(name)} {problem}. Use letters, digits and _, for example "
                f"{_suggested(name, _LONGEST_COLUMN)!r}."
            )
    require_distinct(declared, where, "rename or remove one of them")


def require_distinct(names: Iterable[str], where: str, remedy: str) -> None:
    """Raise DefinitionError if two names are equal, or differ only in upper and lower case.

    Args:
        names: Names that are used together.
        where: What uses them, such as `feature view churn_v1`.
        remedy: What the user should do, as the end of a sentence.
    """
    seen: dict[str, str] = {}
    for name in names:
        before = seen.get(name.casefold())
        if before == name:
            raise DefinitionError(f"{where}: {name!r} occurs twice; {remedy}.")
        if before is not None:
            raise DefinitionError(
                f"{where}: {before!r} and {name!r} differ only in upper and lower case; Spark and some file systems treat them "
                f"as equal; {remedy}."
            )
        seen[name.casefold()] = name


def require_nested_names(kind: T.DataType, where: str) -> None:
    """Raise DefinitionError unless Delta and Parquet accept the names of all fields inside structs, arrays and maps."""
    for inside in _structs(kind):
        require_column_names(inside.fieldNames(), f"{where}, inside {_cut(inside.simpleString())}", _UNSTORABLE)


def require_storable(kind: T.DataType, where: str) -> None:
    """Raise DefinitionError if a table can't store or compare values of a type, or of a type inside it."""
    problem = _unstorable(kind)
    if problem is not None:
        raise DefinitionError(f"{where} is {_cut(kind.simpleString())}: {problem}.")
    for part in _parts(kind):
        require_storable(part, where)


def _unstorable(kind: T.DataType) -> str | None:
    if isinstance(kind, T.StringType) and kind != T.StringType():
        return "a table can't store a collation; declare string, and convert the texts to one form where they are computed"
    if isinstance(kind, T.StructType) and not kind.fields:
        return "a table can't store a struct without fields; declare at least one field"
    return next((problem for types, problem in _UNSTORABLE_TYPES.items() if isinstance(kind, types)), None)


def _structs(kind: T.DataType) -> Iterator[T.StructType]:
    if isinstance(kind, T.StructType):
        yield kind
    for part in _parts(kind):
        yield from _structs(part)


def _parts(kind: T.DataType) -> tuple[T.DataType, ...]:
    if isinstance(kind, T.StructType):
        return tuple(field.dataType for field in kind.fields)
    if isinstance(kind, T.ArrayType):
        return (kind.elementType,)
    return (kind.keyType, kind.valueType) if isinstance(kind, T.MapType) else ()


def _problem(name: str, forbidden: str) -> str | None:
    if not name:
        return "is empty"
    wrong = [letter for letter in name if letter in forbidden or letter.isspace() or not letter.isprintable()]
    if wrong:
        blank = "a blank" if wrong[0] == " " else repr(wrong[0])
        return f"contains {blank}, which is not possible in a table or a query"
    if len(name) > _LONGEST_COLUMN:
        return f"has {len(name)} characters; at most {_LONGEST_COLUMN} are allowed"
    return None


def _suggested(name: str, longest: int) -> str:
    parts = re.findall(r"[A-Za-z0-9]+", name)
    return "_".join(parts).lstrip("0123456789_")[: longest // 2] or "name"


def _shown(name: str) -> str:
    return repr(_cut(name))


def _cut(text: str, longest: int = 80) -> str:
    return text if len(text) <= longest else f"{text[:longest]}..."
