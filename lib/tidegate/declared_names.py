"""Which names a definition may give: those of columns, and those that become folders and files."""

import re
from collections.abc import Iterable, Iterator

from pyspark.sql import types as T

from tidegate.errors import DefinitionError

# Characters that Delta and Parquet refuse in a name. They also refuse white space.
_UNSTORABLE = ",;{}()="
# A dot would mean a field inside a column, a star all columns; quotes and a backslash end a name in SQL. Inside a column they may
# be: no query of ours takes names apart there, and older releases have stored such names.
_FORBIDDEN = _UNSTORABLE + ".*`'\"\\"
_LONGEST_COLUMN = 255
# With a version, `source_` and the suffix of a lock file it is still a name that every file system takes.
_LONGEST_NAME = 128
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")

# Types that Spark has, and no table: why, and what to declare instead.
_UNSTORABLE_TYPES: dict[tuple[type[T.DataType], ...], str] = {
    (T.DayTimeIntervalType, T.YearMonthIntervalType, T.CalendarIntervalType): (
        "a table can't hold an interval; declare a number, and the unit that it counts"
    ),
    (T.CharType, T.VarcharType): (
        "Spark's rows have no texts of a declared length; declare string, and expect length_between of it"
    ),
    (T.VariantType,): "variants can't be compared; declare a struct, or string with JSON in it",
    (T.NullType,): "it holds no value; declare the type that its values have",
}


def require_name(name: str, where: str, stored: str = "") -> None:
    """Raise DefinitionError unless a name can be that of a folder, a file or a model everywhere.

    Args:
        name: The name.
        where: What has it, such as `feature group`.
        stored: What to do where it is stored by such a name already, as a sentence.
    """
    if not is_name(name):
        raise DefinitionError(
            f"{where} {_shown(name)}: a folder or file gets this name, and this one can't be used everywhere. A name begins with "
            f"a letter from a to z and goes on with such letters, digits, _ and -; it has at most {_LONGEST_NAME} characters. "
            f"For example: {suggested_name(name)!r}.{stored and ' '}{stored}"
        )


def is_name(name: str) -> bool:
    """Tell whether a name can be that of a folder, a file or a model everywhere."""
    return _NAME.match(name) is not None and len(name) <= _LONGEST_NAME


def suggested_name(name: str) -> str:
    """Return the name that can be used everywhere and is most like this one."""
    return _suggested(name, _LONGEST_NAME)


def require_column_names(names: Iterable[str], where: str, forbidden: str = _FORBIDDEN) -> None:
    """Raise DefinitionError unless Delta, Parquet and SQL take each name, and each names one column.

    Args:
        names: Names of columns of one table.
        where: What declares them, such as `feature group 'weather'`.
        forbidden: Characters that no name has.
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
    """Raise DefinitionError where two names are equal, or differ only in upper and lower case.

    Args:
        names: Names that are used together.
        where: What uses them, such as `feature view churn_v1`.
        remedy: What to do now, as the end of a sentence.
    """
    seen: dict[str, str] = {}
    for name in names:
        before = seen.get(name.casefold())
        if before == name:
            raise DefinitionError(f"{where}: {name!r} is there twice; {remedy}.")
        if before is not None:
            raise DefinitionError(
                f"{where}: {before!r} and {name!r} differ only in upper and lower case, which Spark and some file systems "
                f"don't tell apart; {remedy}."
            )
        seen[name.casefold()] = name


def require_nested_names(kind: T.DataType, where: str) -> None:
    """Raise DefinitionError unless the fields inside structs, arrays and maps have names that Delta and Parquet take."""
    for inside in _structs(kind):
        require_column_names(inside.fieldNames(), f"{where}, inside {_cut(inside.simpleString())}", _UNSTORABLE)


def require_storable(kind: T.DataType, where: str) -> None:
    """Raise DefinitionError where a type, or a part of it, is none that a table can hold and compare."""
    problem = _unstorable(kind)
    if problem is not None:
        raise DefinitionError(f"{where} is {_cut(kind.simpleString())}: {problem}.")
    for part in _parts(kind):
        require_storable(part, where)


def _unstorable(kind: T.DataType) -> str | None:
    if isinstance(kind, T.StringType) and kind != T.StringType():
        return "a table can't hold a collation; declare string, and bring its texts into one form where they are computed"
    if isinstance(kind, T.StructType) and not kind.fields:
        return "a table can't hold a struct without fields; name at least one"
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
        return f"has {blank} in it, which a table or a query can't hold"
    if len(name) > _LONGEST_COLUMN:
        return f"has {len(name)} characters; at most {_LONGEST_COLUMN} are possible"
    return None


def _suggested(name: str, longest: int) -> str:
    parts = re.findall(r"[A-Za-z0-9]+", name)
    return "_".join(parts).lstrip("0123456789_")[: longest // 2] or "name"


def _shown(name: str) -> str:
    return repr(_cut(name))


def _cut(text: str, longest: int = 80) -> str:
    return text if len(text) <= longest else f"{text[:longest]}..."
