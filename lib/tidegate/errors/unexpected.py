"""What is left when no other error of tidegate names the reason."""

from tidegate.errors.base import TidegateError


class UnexpectedError(TidegateError):
    """Spark, a library or the code of a system failed in a way that tidegate has no message of its own for.

    A job prints it in one line and exits with 1.
    """

    def __init__(self, what: str, reason: str, file: str | None) -> None:
        where = "could not be written to the temporary folder" if file is None else f"is in {file}"
        super().__init__(
            f"{what} failed: {reason} The stack trace {where}, without values of rows, which may be personal; "
            "TIDEGATE_DEBUG=1 in the environment shows it whole, values too."
        )
