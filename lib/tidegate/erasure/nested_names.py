"""Find values inside structs, arrays and maps whose field or key has the name of a column that names people."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.schema import quoted

# Takes a value and returns the array of all values at one place inside it; NULL if there are none.
Reader = Callable[[Column], Column]
_INSIDE = (T.ArrayType, T.MapType, T.StructType)


@dataclass(frozen=True)
class NestedPlace:
    """A place inside a column of a nested type.

    Attributes:
        path: The names of the column and of the fields that lead to the place, separated by dots.
        values: The row's values at this place, as one array.
    """

    path: str
    values: Column


def nested_places(schema: T.StructType, names: Collection[str]) -> list[NestedPlace]:
    """Return the places inside nested columns that have one of the names, or lie inside a field or column that has one.

    Upper and lower case count as equal. The keys of a map count as names of its values: `{"customer_id": "C17"}`.
    """
    wanted = {name.lower() for name in names}
    found = []
    for field in schema.fields:
        if isinstance(field.dataType, _INSIDE):
            for path, reader in _readers(field.dataType, wanted, field.name.lower() in wanted):
                found.append(NestedPlace(".".join([field.name, *path]), reader(F.col(quoted(field.name)))))
    return found


def _readers(kind: T.DataType, wanted: Collection[str], is_named: bool) -> Iterator[tuple[list[str], Reader]]:
    if isinstance(kind, T.StructType):
        for field in kind.fields:
            inside = _readers(field.dataType, wanted, is_named or field.name.lower() in wanted)
            yield from [([field.name, *path], _of_field(field.name, inner)) for path, inner in inside]
    elif isinstance(kind, T.ArrayType):
        yield from ((path, _of_each(inner)) for path, inner in _readers(kind.elementType, wanted, is_named))
    elif isinstance(kind, T.MapType):
        yield from _readers_of_map(kind, wanted, is_named)
    elif is_named and not isinstance(kind, T.VariantType):
        yield [], lambda value: F.array(value)


def _readers_of_map(kind: T.MapType, wanted: Collection[str], is_named: bool) -> Iterator[tuple[list[str], Reader]]:
    for path, inner in _readers(kind.keyType, wanted, is_named):
        yield ["key", *path], _of_keys(inner)
    for path, inner in _readers(kind.valueType, wanted, is_named):
        yield ["value", *path], _of_values(inner)
    if isinstance(kind.keyType, T.StringType) and not is_named:
        for path, inner in _readers(kind.valueType, wanted, True):
            yield ["value", *path], _of_called(wanted, inner)


def _of_field(name: str, inner: Reader) -> Reader:
    return lambda value: inner(value.getField(name))


def _of_each(inner: Reader) -> Reader:
    return lambda value: F.flatten(F.filter(F.transform(value, inner), F.isnotnull))


def _of_keys(inner: Reader) -> Reader:
    return lambda value: _of_each(inner)(F.map_keys(value))


def _of_values(inner: Reader) -> Reader:
    return lambda value: _of_each(inner)(F.map_values(value))


def _of_called(wanted: Collection[str], inner: Reader) -> Reader:
    return lambda value: _of_values(inner)(F.map_filter(value, lambda key, _: F.lower(key).isin(sorted(wanted))))
