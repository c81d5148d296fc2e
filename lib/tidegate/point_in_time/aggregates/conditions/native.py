"""Conditions that a task evaluates on Arrow columns, with exactly the results that Spark gives.

Every test returns true, false or NULL for each row, and they combine as in SQL. NaN equals NaN and is greater than all other
numbers, -0.0 equals 0.0, and texts are compared by their bytes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import pyarrow as pa
import pyarrow.compute as pc

Operator = Literal["=", "<>", "<", "<=", ">", ">="]

_COMPARISONS: Mapping[Operator, Callable[[Any, Any], Any]] = {
    "=": pc.equal,
    "<>": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}


class Test(Protocol):
    """A condition for tasks. Implementations are frozen dataclasses, because Spark sends them to the tasks."""

    def of(self, rows: pa.Table) -> pa.ChunkedArray:
        """Return true, false or NULL for each row."""


@dataclass(frozen=True)
class Compared:
    """Compares a column with a value.

    Attributes:
        column: Name of the column.
        operator: The comparison.
        value: The value. It is not NULL, and not NaN.
        type: The Arrow type in which both are compared. It holds all values of the column exactly.
    """

    column: str
    operator: Operator
    value: object
    type: pa.DataType

    def of(self, rows: pa.Table) -> pa.ChunkedArray:
        """Return true, false or NULL for each row."""
        values = rows.column(self.column).cast(self.type)
        result = _COMPARISONS[self.operator](values, pa.scalar(self.value, self.type))
        if pa.types.is_floating(self.type) and self.operator in (">", ">="):
            # For Arrow, a comparison with NaN is never true. For Spark, NaN is greater than the value.
            return pc.or_(result, pc.is_nan(values))
        return result


@dataclass(frozen=True)
class OneOf:
    """Whether the value of a column is among some values.

    Attributes:
        column: Name of the column, which does not hold floating-point numbers.
        values: The values. None of them is NULL.
        type: The Arrow type in which they are compared.
    """

    column: str
    values: tuple[object, ...]
    type: pa.DataType

    def of(self, rows: pa.Table) -> pa.ChunkedArray:
        """Return true, false or NULL for each row."""
        values = rows.column(self.column)
        found = pc.is_in(values.cast(self.type), value_set=pa.array(self.values, self.type))
        return pc.if_else(pc.is_valid(values), found, pa.scalar(None, pa.bool_()))


@dataclass(frozen=True)
class IsNull:
    """Whether a column is NULL."""

    column: str

    def of(self, rows: pa.Table) -> pa.ChunkedArray:
        """Return true or false for each row."""
        # NaN is a value, as in Spark.
        return pc.is_null(rows.column(self.column), nan_is_null=False)


@dataclass(frozen=True)
class IsTrue:
    """The value of a boolean column itself."""

    column: str

    def of(self, rows: pa.Table) -> pa.ChunkedArray:
        """Return true, false or NULL for each row."""
        return rows.column(self.column)


@dataclass(frozen=True)
class Not:
    """The opposite of a test; NULL stays NULL."""

    test: Test

    def of(self, rows: pa.Table) -> pa.ChunkedArray:
        """Return true, false or NULL for each row."""
        return pc.invert(self.test.of(rows))


@dataclass(frozen=True)
class Both:
    """Whether two tests are true. If one of them is false, the result is false, even where the other is NULL."""

    left: Test
    right: Test

    def of(self, rows: pa.Table) -> pa.ChunkedArray:
        """Return true, false or NULL for each row."""
        return pc.and_kleene(self.left.of(rows), self.right.of(rows))


@dataclass(frozen=True)
class Either:
    """Whether one of two tests is true. If one of them is true, the result is true, even where the other is NULL."""

    left: Test
    right: Test

    def of(self, rows: pa.Table) -> pa.ChunkedArray:
        """Return true, false or NULL for each row."""
        return pc.or_kleene(self.left.of(rows), self.right.of(rows))
