"""Errors of prediction tables."""

from collections.abc import Iterable

from tidegate.errors.base import TidegateError


class PredictionColumnsError(TidegateError):
    """A batch of predictions has other columns than its table, which keeps those that it was made with."""

    def __init__(self, table: str, path: str, differences: Iterable[str]) -> None:
        super().__init__(
            f"prediction table {table!r} ({path}) has other columns than this batch: {'; '.join(differences)}. A table of "
            "predictions keeps the columns of its first batch. Carry the columns that the table has (`carried` of the "
            "InferencePipeline), or write a table of another name with the new ones: the InferencePipeline's `system` names it. "
            "Nothing was written."
        )
