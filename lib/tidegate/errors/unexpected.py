"""The error for every failure that has no error class of its own."""

from tidegate.errors.base import TidegateError


class UnexpectedError(TidegateError):
    """Spark, a library or the code of a system failed, and tidegate has no specific message for this failure.

    A job prints the message in one line and exits with 1.
    """

    def __init__(self, what: str, reason: str, file: str | None) -> None:
        where = "could not be written to the temporary folder" if file is None else f"is in {file}"
        super().__init__(
            f"{what} failed: {reason} The stack trace {where}. It does not contain values of rows, since these may be personal. "
            "Set TIDEGATE_DEBUG=1 in the environment to see the whole stack trace with all values."
        )
