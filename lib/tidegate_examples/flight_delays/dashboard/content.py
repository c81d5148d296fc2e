"""Everything that the page shows, collected: a few small frames, bounded by how `data` makes them."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pandas import DataFrame as PandasFrame
from pyspark.sql import DataFrame

from tidegate_examples.flight_delays.dashboard import data
from tidegate_examples.flight_delays.dashboard.features import GroupFeatures, view_features
from tidegate_examples.flight_delays.view import CATEGORICAL, DEPARTURE_DELAY

RISKIEST_ROWS = 20
# Small queries spend their time in the driver, one thread each.
QUERIES_AT_ONCE = 2


@dataclass(frozen=True)
class Content:
    """What the page shows; the frames are those of `data`.

    Attributes:
        by_hour: Risk by airport and hour.
        deciles: Predicted risk against the share that was late.
        by_day: Risk and late share by day.
        riskiest: Flights with the highest risk on the last predicted day.
        versions: Models, views and table versions that made the predictions.
        metrics: Test metrics by model, then by measure.
        features: What the model looks at, by feature group.
    """

    by_hour: PandasFrame
    deciles: PandasFrame
    by_day: PandasFrame
    riskiest: PandasFrame
    versions: PandasFrame
    metrics: Mapping[str, Mapping[str, float]]
    features: tuple[GroupFeatures, ...]


def collect_content(predictions: DataFrame, outcomes: DataFrame, metrics: Mapping[str, Mapping[str, float]]) -> Content:
    """Run the queries; the join of predictions and outcomes is kept while they run and released after."""
    flights = data.with_outcomes(predictions, outcomes).persist()
    try:
        # The longest first.
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
