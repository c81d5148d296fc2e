"""Errors of expectations."""

from collections.abc import Iterable, Mapping

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
