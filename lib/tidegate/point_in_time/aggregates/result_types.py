"""The type of an aggregate's result, from the types of the columns that it reads."""

from collections.abc import Iterable, Mapping

from pyspark.sql import types as T

from tidegate.errors import DefinitionError, did_you_mean
from tidegate.point_in_time.aggregates.aggregate import NUMBER_OPERATIONS, Aggregate
from tidegate.schema import SORTABLE

_LARGEST_PRECISION = 38
# As in Spark, a sum of decimals has ten more digits than its column.
_MORE_DIGITS = 10


def result_type(aggregate: Aggregate, columns: Mapping[str, T.DataType], where: str) -> T.DataType:
    """Return the type of an aggregate's result.

    Args:
        aggregate: The aggregate.
        columns: The types of the columns that it may read, by their names.
        where: What declares it, for messages.

    Raises:
        DefinitionError: A column is not there, or its type does not suit the operation.
    """
    for name in aggregate.columns:
        if name not in columns:
            raise DefinitionError(
                f"{where}: there is no column {name!r}; available: {', '.join(columns)}.{did_you_mean(name, columns)}"
            )
    kind = None if aggregate.column is None else columns[aggregate.column]
    _require_suitable(aggregate, kind, where)
    single = _single_type(aggregate, kind)
    if aggregate.by is None:
        return single
    by = columns[aggregate.by]
    if not isinstance(by, SORTABLE):
        raise DefinitionError(
            f"{where}: by is {aggregate.by}, which has type {by.simpleString()}. The keys of a map must have a type that can be "
            "sorted: numbers, texts, days, times, bytes or booleans."
        )
    return T.MapType(by, single)


def require_sortable(names: Iterable[str], schema: T.StructType, where: str) -> None:
    """Raise DefinitionError unless the columns of a key have types whose values can be sorted."""
    for name in names:
        if not isinstance(schema[name].dataType, SORTABLE):
            raise DefinitionError(
                f"{where}: {name} is {schema[name].dataType.simpleString()}. A key must have a type that can be sorted: numbers, "
                "texts, days, times, bytes or booleans."
            )


def _require_suitable(aggregate: Aggregate, kind: T.DataType | None, where: str) -> None:
    if kind is None:
        return
    problem = f"{where}: {aggregate.operation} of {aggregate.column}, which has type {kind.simpleString()}"
    if aggregate.operation in NUMBER_OPERATIONS and not isinstance(kind, T.NumericType):
        raise DefinitionError(f"{problem}. This operation needs numbers.")
    if aggregate.operation in ("min", "max", "count_distinct") and not isinstance(kind, SORTABLE):
        raise DefinitionError(
            f"{problem}. This operation needs values that can be sorted: numbers, texts, days, times, bytes or booleans."
        )


def _single_type(aggregate: Aggregate, kind: T.DataType | None) -> T.DataType:
    """Return the type without `by`."""
    if aggregate.operation in ("count", "count_distinct"):
        return T.LongType()
    if aggregate.operation in ("min", "max", "first", "last") and kind is not None:
        return kind if aggregate.n is None else T.ArrayType(kind)
    return _sum_type(kind) if aggregate.operation == "sum" and kind is not None else T.DoubleType()


def _sum_type(kind: T.DataType) -> T.DataType:
    if isinstance(kind, T.DecimalType):
        return T.DecimalType(min(_LARGEST_PRECISION, kind.precision + _MORE_DIGITS), kind.scale)
    return T.LongType() if isinstance(kind, T.IntegralType) else T.DoubleType()
