"""Errors of expectations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tidegate.errors.base import TidegateError


class ExpectationConditionError(TidegateError):
    """The condition of an expectation can't be computed on the rows that it is declared for."""

    def __init__(self, where: str, name: str, condition: str, reason: str, columns: Iterable[str]) -> None:
        super().__init__(
            f"{where}: expectation {name} can't be checked: {condition!r}: {reason}. Columns: {', '.join(columns)}. "
            "Correct the condition; it gives true or false for each row. Nothing was written."
        )


class ExpectationFailedError(TidegateError):
    """A batch breaks expectations that stop it."""

    def __init__(self, where: str, complaints: Mapping[str, str]) -> None:
        listed = [f"  {name}: {complaint}" for name, complaint in complaints.items()]
        tail = "Correct the source, or give the expectation another action. Nothing was written."
        super().__init__("\n".join([f"{where}: the batch is not as expected:", *listed, tail]))


@dataclass(frozen=True)
class HeldReason:
    """Why rows would be held back.

    Attributes:
        reason: As the quarantine would say it.
        rows: Rows of which it is said.
        example: One of them: its place, and its text where no person is in it.
    """

    reason: str
    rows: int
    example: str

    def sentence(self, longest: int = 200) -> str:
        """Say it in one line; what would steer a terminal is replaced."""
        shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in self.example)
        cut = shown if len(shown) <= longest else f"{shown[:longest]}..."
        return f"{self.reason}: {self.rows:,} rows, such as {cut}"


class HeldBackError(TidegateError):
    """More rows of a batch would be held back than declared: it is no batch of this kind, or its declaration is out of date."""

    def __init__(self, where: str, held_of: tuple[int, int], may_hold_back: float, reasons: Sequence[HeldReason]) -> None:
        held, rows = held_of
        head = (
            f"{where}: {held:,} of {rows:,} rows ({held / rows:.1%}) can't be read or are not as expected; at most "
            f"{may_hold_back:.0%} may be held back. The commonest reasons:"
        )
        tail = (
            "Nothing was written, and no file counts as loaded. Compare these rows with the declaration (separator, decimal "
            "mark, nulls, patterns, zone, expectations) and mend it, or deliver other rows. Where so many bad rows are as they "
            "should be, declare may_hold_back=1.0."
        )
        super().__init__("\n".join([head, *[f"  {each.sentence()}" for each in reasons], tail]))
