"""Provenance of predictions that a test makes by hand."""

from datetime import UTC, datetime

from pyspark.sql import Column

from tidegate.predictions.provenance import Provenance, provenance_columns


def made_by(view: str = "by_hand", scored_at: datetime = datetime(2024, 1, 1, tzinfo=UTC)) -> list[Column]:
    """The provenance columns of a batch of the first version of a model and a view."""
    return provenance_columns(Provenance("by hand", "champion", view, 1, view, 1, {}, "abc"), scored_at)
