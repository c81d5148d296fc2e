"""The dashboard of the flight delay predictions, a single self-contained HTML page."""

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
    """Where the page was written, and what it shows.

    Attributes:
        path: Path of the page.
        size: Size of the page in bytes.
        days: Number of days that the page shows.
        flights: Number of predicted flights that it counts.
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
    """Write the page, and replace an older one at the same path.

    Args:
        predictions: The prediction table, with one row for each flight and arm. Only the arm `champion` is charted.
        outcomes: The labels that are known now, with one row for each flight; may be empty.
        metrics: Test metrics by model, then by metric (`log_loss`, `roc_auc`, `pr_auc`); may be empty.
        path: Path of the page; any path that Spark can write to.
        generated_at: When the page is generated, in UTC; shown in the footer.
        note: A notice about the predictions, shown above the charts; empty for none.

    Raises:
        MissingColumnsError: The frames lack a column that the page shows.
        TextFileNotWrittenError: The path can't be written.
    """
    require_columns(predictions, PREDICTION_COLUMNS, "predictions of the dashboard")
    require_columns(outcomes, OUTCOME_COLUMNS, "outcomes of the dashboard")
    content = collect_content(predictions, outcomes, metrics)
    size = write_text(predictions.sparkSession, path, render(content, TITLE, generated_at, note))
    return DashboardWritten(path, size, len(content.by_day), int(content.by_day["flights"].sum()))
