"""Errors about expectations, and about batches with too many quarantined rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tidegate.errors.base import TidegateError


class ExpectationConditionError(TidegateError):
    """The condition of an expectation can't be computed with the columns of the rows."""

    def __init__(self, where: str, name: str, condition: str, reason: str, columns: Iterable[str]) -> None:
        super().__init__(
            f"{where}: expectation {name} can't be checked: {condition!r}: {reason}. Columns: {', '.join(columns)}. "
            "Correct the condition: it must be true or false for each row. Nothing was written."
        )


class ExpectationFailedError(TidegateError):
    """A batch breaks one or several expectations whose action is `fail`."""

    def __init__(self, where: str, complaints: Mapping[str, str]) -> None:
        listed = [f"  {name}: {complaint}" for name, complaint in complaints.items()]
        tail = "Correct the source, or declare another action for the expectation. Nothing was written."
        super().__init__("\n".join([f"{where}: the batch breaks these expectations:", *listed, tail]))


@dataclass(frozen=True)
class HeldReason:
    """One reason for which rows of a batch would be quarantined.

    Attributes:
        reason: The reason, as the quarantine table would store it.
        rows: Number of rows with this reason.
        example: One of these rows: its file and line, and its text if it names no person.
    """

    reason: str
    rows: int
    example: str

    def sentence(self, longest: int = 200) -> str:
        """Return the reason, the count and the example in one line.

        Characters that could control a terminal are replaced. An example of more than `longest` characters is cut.
        """
        shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in self.example)
        cut = shown if len(shown) <= longest else f"{shown[:longest]}..."
        return f"{self.reason}: {self.rows:,} rows, such as {cut}"


class HeldBackError(TidegateError):
    """More rows of a batch would be quarantined than `may_hold_back` allows: the batch or the declaration is wrong."""

    def __init__(self, where: str, held_of: tuple[int, int], may_hold_back: float, reasons: Sequence[HeldReason]) -> None:
        held, rows = held_of
        head = (
            f"{where}: {held:,} of {rows:,} rows ({held / rows:.1%}) can't be read or break an expectation; at most "
            f"{may_hold_back:.0%} may be held back. The most frequent reasons:"
        )
        tail = (
            "Nothing was written, and no file counts as loaded. Compare these rows with the declaration (separator, decimal "
            "mark, nulls, patterns, zone, expectations) and correct it, or deliver correct rows. If so many bad rows are normal "
            "here, declare may_hold_back=1.0."
        )
        super().__init__("\n".join([head, *[f"  {each.sentence()}" for each in reasons], tail]))
