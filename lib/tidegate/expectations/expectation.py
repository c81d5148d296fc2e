"""An expectation of single rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pyspark.sql import Column
from pyspark.sql import functions as F

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError

Action = Literal["fail", "quarantine", "drop", "warn"]


@dataclass(frozen=True)
class Expectation:
    """What is to hold of every row, and what becomes of a row of which it doesn't.

    Attributes:
        name: Name in counts, reasons and messages, such as `delay is not negative`.
        condition: True where the row is as expected: SQL over the columns, or a function that gives a boolean Column. NULL
            counts as true, as in a CHECK of SQL: whether a value may be missing is an expectation of its own (`not_null`).
        action: `fail` stops the batch before anything is written, `quarantine` keeps the row beside the table, `drop` leaves
            it out and counts it, `warn` lets it in and counts it.
        description: Why it is expected, for people.
        columns: Columns that the condition reads, as far as they are known: a definition refuses those that it doesn't have. A
            condition is looked at as a whole before its first batch is written.

    Raises:
        DefinitionError: An attribute is of another type than declared, or the name is empty.
    """

    name: str
    condition: str | Callable[[], Column]
    action: Action = "quarantine"
    description: str = ""
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_declared_types(self)
        if not self.name.strip() or not self.name.isprintable():
            raise DefinitionError(f"expectation {self.name!r}: give it a name in words, such as 'delay is not negative'.")

    @property
    def text(self) -> str:
        """The condition as a message shows it."""
        return self.condition if isinstance(self.condition, str) else f"{self.condition.__name__}()"

    def column(self) -> Column:
        """The condition as a Column."""
        return F.expr(self.condition) if isinstance(self.condition, str) else self.condition()
