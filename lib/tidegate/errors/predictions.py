"""Errors about prediction tables."""

from collections.abc import Iterable

from tidegate.errors.base import TidegateError


class PredictionColumnsError(TidegateError):
    """A batch of predictions has other columns than the prediction table, which keeps the columns of its first batch."""

    def __init__(self, table: str, path: str, differences: Iterable[str]) -> None:
        super().__init__(
            f"prediction table {table!r} ({path}) has other columns than this batch: {'; '.join(differences)}. A prediction "
            "table keeps the columns of its first batch. Carry the same columns as the table (`carried` of the "
            "InferencePipeline), or write the new columns to another table: its name is the `system` of the InferencePipeline. "
            "Nothing was written."
        )
