"""Boolean columns of rows that say which rows count for an aggregate. Tasks or Spark compute them, with the same result."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import DefinitionError
from tidegate.point_in_time.aggregates.conditions.condition import Condition
from tidegate.schema import quoted


@dataclass(frozen=True)
class RowFlag:
    """A boolean column of the rows: whether all of some conditions are true for a row. It is never NULL.

    Attributes:
        conditions: The conditions.
        not_null: Columns that must not be NULL either.
    """

    conditions: tuple[Condition, ...]
    not_null: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads."""
        read = [name for each in self.conditions for name in each.columns]
        return tuple(dict.fromkeys([*read, *self.not_null]))

    def of(self, rows: pa.Table) -> pa.ChunkedArray:
        """Compute the column inside a task. Each condition must be one that tasks can evaluate."""
        parts = [pc.fill_null(each.test.of(rows), False) for each in self.conditions if each.test is not None]
        parts += [pc.is_valid(rows.column(name)) for name in self.not_null]
        return reduce(pc.and_, parts)

    def column(self) -> Column:
        """Return the column for Spark."""
        # Each condition is on lines of its own, because it may end with a comment.
        texts = [f"coalesce((\n{each.text}\n), false)" for each in self.conditions]
        texts += [f"{quoted(name)} IS NOT NULL" for name in self.not_null]
        return F.expr(" AND ".join(texts))


def require_boolean(frame: DataFrame, conditions: Iterable[Condition], where: str) -> None:
    """Raise DefinitionError unless Spark can evaluate each condition on the frame, and it is true or false. No job starts."""
    for each in conditions:
        try:
            kind = frame.limit(0).select(F.expr(each.text).alias("met")).schema["met"].dataType
        except PySparkException as error:
            reason = str(error).strip().split("\n", maxsplit=1)[0].split(" SQLSTATE", maxsplit=1)[0]
            raise DefinitionError(f"{where}: Spark can't evaluate the condition {each.text!r}: {reason}") from None
        if not isinstance(kind, T.BooleanType):
            raise DefinitionError(f"{where}: the condition {each.text!r} returns {kind.simpleString()}, not true or false.")
