"""Collect everything that the page shows: a few small frames, whose size `data` bounds."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pandas import DataFrame as PandasFrame
from pyspark.sql import DataFrame

from tidegate_examples.flight_delays.dashboard import data
from tidegate_examples.flight_delays.dashboard.features import GroupFeatures, view_features
from tidegate_examples.flight_delays.view import CATEGORICAL, DEPARTURE_DELAY

RISKIEST_ROWS = 20
# Small queries spend most of their time in one thread of the driver.
QUERIES_AT_ONCE = 2


@dataclass(frozen=True)
class Content:
    """The content of the page. The frames are those that `data` returns.

    Attributes:
        by_hour: Predicted risk by airport and hour.
        deciles: Predicted risk and the share that was late, in ten groups.
        by_day: Predicted risk and the share that was late, by day.
        riskiest: Flights with the highest risk on the last predicted day.
        versions: Versions of models, views and tables that the predictions were made with.
        metrics: Test metrics by model, then by metric.
        features: The features that the model reads, by feature group.
    """

    by_hour: PandasFrame
    deciles: PandasFrame
    by_day: PandasFrame
    riskiest: PandasFrame
    versions: PandasFrame
    metrics: Mapping[str, Mapping[str, float]]
    features: tuple[GroupFeatures, ...]


def collect_content(predictions: DataFrame, outcomes: DataFrame, metrics: Mapping[str, Mapping[str, float]]) -> Content:
    """Run the queries of the page and collect their results.

    The join of predictions and outcomes is persisted while the queries run.

    Args:
        predictions: The prediction table.
        outcomes: The labels that are known now.
        metrics: Test metrics by model, then by metric.
    """
    flights = data.with_outcomes(predictions, outcomes).persist()
    try:
        # The query that takes longest comes first.
        queries = {
            "deciles": data.reliability(flights),
            "by_hour": data.risk_by_hour(flights),
            "by_day": data.risk_by_day(flights),
            "riskiest": data.riskiest(flights, RISKIEST_ROWS),
            "versions": data.versions(predictions),
        }
        with ThreadPoolExecutor(QUERIES_AT_ONCE, thread_name_prefix="dashboard") as pool:
            frames = dict(zip(queries, pool.map(lambda query: query.toPandas(), queries.values()), strict=True))
        return Content(**frames, metrics=metrics, features=view_features(DEPARTURE_DELAY, CATEGORICAL))
    finally:
        flights.unpersist()
