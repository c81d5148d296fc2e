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
    """A condition that every row has to meet, and what happens to a row that breaks it.

    Attributes:
        name: The name in counts, reasons and messages, such as `delay is not negative`.
        condition: SQL over the columns, or a function that returns a boolean Column. It is true if the row meets the expectation.
            NULL counts as true, as in a CHECK of SQL. To refuse a missing value, use another expectation (`not_null`).
        action: `fail` stops the batch before anything is written. `quarantine` writes the row to the quarantine instead of the
            table. `drop` does not write the row, but counts it. `warn` writes the row and counts it.
        description: Why the rows are expected to meet the condition.
        columns: Columns that the condition reads, as far as they are known. A definition without these columns refuses the
            expectation. Before the first batch is written, the store also checks the whole condition.

    Raises:
        DefinitionError: An attribute does not have its declared type, or the name is empty or can't be printed.
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
        """The condition in the form that messages show."""
        return self.condition if isinstance(self.condition, str) else f"{self.condition.__name__}()"

    def column(self) -> Column:
        """The condition as a Column."""
        return F.expr(self.condition) if isinstance(self.condition, str) else self.condition()
