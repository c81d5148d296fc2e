"""An expectation of single rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from pyspark.sql import Column
from pyspark.sql import functions as F

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

    Raises:
        DefinitionError: The name is empty, or the action is none.
    """

    name: str
    condition: str | Callable[[], Column]
    action: Action = "quarantine"
    description: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.name.isprintable():
            raise DefinitionError(f"expectation {self.name!r}: give it a name in words, such as 'delay is not negative'.")
        if self.action not in get_args(Action):
            raise DefinitionError(f"expectation {self.name}: action {self.action!r}; it is one of {', '.join(get_args(Action))}.")

    @property
    def text(self) -> str:
        """The condition as a message shows it."""
        return self.condition if isinstance(self.condition, str) else f"{self.condition.__name__}()"

    def column(self) -> Column:
        """The condition as a Column."""
        return F.expr(self.condition) if isinstance(self.condition, str) else self.condition()
