"""The declaration of one aggregate: an operation, a column, and a window."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.moments import LONGEST_SPAN
from tidegate.point_in_time.aggregates.windows import Window, require_window

Operation = Literal[
    "count", "sum", "mean", "variance", "std", "min", "max", "first", "last", "share", "count_distinct", "time_since_last"
]
# Operations that return values of the column itself.
VALUE_OPERATIONS = ("min", "max", "first", "last")
NUMBER_OPERATIONS = ("sum", "mean", "variance", "std")
WITHOUT_COLUMN = ("count", "share", "time_since_last")
MOST_VALUES = 1_000
MOST_OF_BY = 10_000


@dataclass(frozen=True)
class Aggregate:
    """One aggregate of the rows of a feature group. The functions `count`, `mean` and so on create it.

    Attributes:
        operation: What is computed.
        column: The column that it is computed from; None if the operation needs none.
        window: Which rows count, by their event_time before the label time. None is the whole history.
        where: A SQL condition on the row. Rows for which it is not true do not count.
        by: A further column. The result is then a map from each of its values to the aggregate of the rows with this value.
        most: With `by`, the largest number of entries of the map. If there are more, those with the most rows are kept, and of
            values with equally many rows the smaller ones.
        offset: How long before the label time the window ends.
        ahead: Count events that are planned for the time after the label time, up to this span, instead of those before.
        n: With `first` and `last`, return an array of up to this many values. None returns a single value.
        skip_null: With `first` and `last`, whether a row with NULL is passed over.
        condition: With `share`, the SQL condition whose share of the rows is computed.

    Raises:
        DefinitionError: An attribute has a wrong type or a value that makes no sense for the operation.
    """

    operation: Operation
    column: str | None
    window: Window = None
    where: str | None = None
    by: str | None = None
    most: int = 100
    offset: timedelta = timedelta(0)
    ahead: timedelta | None = None
    n: int | None = None
    skip_null: bool = True
    condition: str | None = None

    def __post_init__(self) -> None:
        require_declared_types(self)
        if self.column is None and self.operation not in WITHOUT_COLUMN:
            raise DefinitionError(f"{self.operation}: column is None. Name the column to compute it from.")
        require_window(self.window, self.operation)
        self._require_spans()
        if self.n is not None and not 1 <= self.n <= MOST_VALUES:
            raise DefinitionError(f"{self.operation}: n is {self.n}. Give a number from 1 to {MOST_VALUES:,}.")
        if not 1 <= self.most <= MOST_OF_BY:
            raise DefinitionError(f"{self.operation}: most is {self.most}. Give a number from 1 to {MOST_OF_BY:,}.")
        for role, text in (("where", self.where), ("condition", self.condition)):
            if text is not None and not text.strip():
                raise DefinitionError(f"{self.operation}: {role} is empty. Give a SQL condition on the columns of the group.")

    @property
    def conditions(self) -> tuple[str, ...]:
        """The SQL conditions that are evaluated on each row."""
        return tuple(text for text in (self.where, self.condition) if text is not None)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the aggregate reads, apart from those of its conditions."""
        return tuple(name for name in (self.column, self.by) if name is not None)

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """The columns that must have a value in a row that counts."""
        takes_null = self.operation in ("first", "last") and not self.skip_null
        return tuple(name for name in (None if takes_null else self.column, self.by) if name is not None)

    def _require_spans(self) -> None:
        if not timedelta(0) <= self.offset <= LONGEST_SPAN:
            raise DefinitionError(f"{self.operation}: offset is {self.offset}. Give a span of 0 or longer.")
        if self.ahead is None:
            return
        if not timedelta(0) < self.ahead <= LONGEST_SPAN:
            raise DefinitionError(f"{self.operation}: ahead is {self.ahead}. Give a span longer than 0.")
        if self.window is not None or self.offset:
            raise DefinitionError(
                f"{self.operation}: ahead is given with a window or an offset. An aggregate counts either events before the "
                "label time (window, offset) or events after it (ahead)."
            )
