"""Errors about prediction tables."""

from collections.abc import Iterable

from tidegate.errors.base import TidegateError


class PredictionColumnsError(TidegateError):
    """A batch of predictions does not fit its prediction table: another entity key, another task, or other types."""

    def __init__(self, table: str, path: str, differences: Iterable[str]) -> None:
        super().__init__(
            f"prediction table {table!r} ({path}) refuses this batch: {'; '.join(differences)}. A later version of a model may "
            "carry more columns, but keeps the entity key, the task and the types of the columns. Give the Model another name: "
            "its predictions then get a table of their own. Nothing was written."
        )


class UnknownPredictionKeyError(TidegateError):
    """A prediction table does not record its entity key, so its current view can't be computed."""

    def __init__(self, table: str, path: str) -> None:
        super().__init__(
            f"prediction table {table!r} ({path}) does not record which columns name the entity, because an older version of "
            "tidegate made it, and the migration did not know its definition. Run the inference pipeline of its system once; it "
            "records these columns: ./spark-submit.sh jobs/inference_pipeline.py --system SYSTEM --day DAY. Until then, "
            "predictions(name, history=True) returns all rows."
        )


class ExportFailedError(TidegateError):
    """Predictions can't be exported to the chosen file."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"the predictions can't be written to {path}: {reason}")
