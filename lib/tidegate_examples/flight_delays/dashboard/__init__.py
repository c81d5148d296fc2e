"""The dashboard of the flight delay predictions: one self-contained HTML page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame

from tidegate import require_columns, write_text
from tidegate_examples.flight_delays.dashboard.content import collect_content
from tidegate_examples.flight_delays.dashboard.page import render

TITLE = "Departure delay risk, New York airports"
PREDICTION_COLUMNS = [
    *("flight_date", "carrier", "flight", "origin", "dest", "scheduled_departure", "probability"),
    *("prediction_time", "arm", "release"),
    *("model_name", "model_version", "feature_view", "feature_view_version", "feature_table_versions", "scored_at"),
]
OUTCOME_COLUMNS = [
    *("flight_date", "carrier", "flight", "origin", "event_time"),
    *("delayed", "cancelled", "departure_delay_minutes"),
]


@dataclass(frozen=True)
class DashboardWritten:
    """Where the page is and what it shows.

    Attributes:
        path: Path of the page.
        size: Size of the page in bytes.
        days: Days that the page shows.
        flights: Predicted flights that it counts.
    """

    path: str
    size: int
    days: int
    flights: int


def write_dashboard(
    predictions: DataFrame,
    outcomes: DataFrame,
    metrics: Mapping[str, Mapping[str, float]],
    path: str,
    generated_at: datetime,
    note: str = "",
) -> DashboardWritten:
    """Write the page in place of the one before.

    Args:
        predictions: The prediction table, one row a flight and arm; only the arm `champion` is charted.
        outcomes: The labels as they are known now, one row a flight; may be empty.
        metrics: Test metrics by model, then by measure (`log_loss`, `roc_auc`, `pr_auc`); may be empty.
        path: Where to write: any path that Spark can write.
        generated_at: When the page is made, UTC; stands in the footer.
        note: What a reader has to be told of the predictions; stands above the charts. Empty: nothing.

    Raises:
        MissingColumnsError: The frames lack a column that the page shows.
        TextFileNotWrittenError: The path can't be written.
    """
    require_columns(predictions, PREDICTION_COLUMNS, "predictions of the dashboard")
    require_columns(outcomes, OUTCOME_COLUMNS, "outcomes of the dashboard")
    content = collect_content(predictions, outcomes, metrics)
    size = write_text(predictions.sparkSession, path, render(content, TITLE, generated_at, note))
    return DashboardWritten(path, size, len(content.by_day), int(content.by_day["flights"].sum()))
