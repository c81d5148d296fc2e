"""Departures an hour of the real flight feed: a spine by rule with target times, labels from the future, and a model on them.

All values are compared with a direct computation in pandas.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from tests.releasing import predict, release

from tidegate import Binary, BoostedTrees, FeatureStore, LogisticRegression, Model, ModelColumns, Period, count_distinct
from tidegate.datasets.splits import split_by_days
from tidegate.pipelines.training_pipeline import TrainingRequest, run_training_pipeline
from tidegate.registry import Registry
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate_examples.flight_delays import flights, groups
from tidegate_examples.flight_delays.hourly import DEPARTURES, HOURLY_DEPARTURES
from tidegate_examples.flight_delays.landing import to_frame
from tidegate_examples.flight_delays.sources import MOVEMENTS, ORIGINS, WEATHER, ZONE
from tidegate_examples.flight_delays.steps import FEATURE_STEPS

pytestmark = pytest.mark.slow

HOUR, DAY, LATER = pd.Timedelta(hours=1), pd.Timedelta(days=1), pd.Timestamp("2014-01-01", tz="UTC")
# The clocks were set forward on March 10.
FED = Period(date(2013, 2, 8), date(2013, 3, 16), ZONE)
KEY = ["origin", "event_time", "target_time"]
WEATHER_NAMES = ["temperature_f", "wind_speed_mph", "visibility_miles"]
FEATURES = list(HOURLY_DEPARTURES.feature_names)
# The estimators predict 0 or 1. All departures of a label have the same origin, so there are 0 or 1 distinct ones.
LATE = count_distinct("origin", where="delay_minutes >= 60")
LATE_HOURS = replace(
    HOURLY_DEPARTURES,
    name="late_hours",
    labels=replace(DEPARTURES, targets={"late": LATE, **DEPARTURES.targets}),
    targets=("late", "departures"),
)


def filled(spark: SparkSession, root: Path, feed: Mapping[str, pd.DataFrame]) -> FeatureStore:
    """A store with the movements and the weather, as the steps write them."""
    store = FeatureStore(spark, str(root))
    for group, source in ((groups.MOVEMENTS, MOVEMENTS), (groups.ORIGIN_WEATHER, WEATHER)):
        [step] = [step for step in FEATURE_STEPS if step.group == group]
        rows = to_frame(spark, feed[source.name], source.fields).coalesce(1)
        store.write(group, step.rows([rows]), loaded_until=FED.end)
    return store


def evenings(*days: date) -> pd.DataFrame:
    """18:00 in New York of these days, for each airport and each full hour of the next day."""
    rows = []
    for day in days:
        evening = (pd.Timestamp(day) + 18 * HOUR).tz_localize(ZONE)
        midnights = [(pd.Timestamp(day) + number * DAY).tz_localize(ZONE) for number in (1, 2)]
        hours = pd.date_range(*midnights, freq="h", inclusive="left")
        rows += [(origin, evening, hour) for origin in ORIGINS for hour in hours]
    found = pd.DataFrame(rows, columns=KEY)
    return found.assign(**{name: found[name].dt.tz_convert("UTC").astype("datetime64[us, UTC]") for name in KEY[1:]})


class Airport:
    """What happened at one airport, and when it became known."""

    def __init__(self, feed: Mapping[str, pd.DataFrame], origin: str) -> None:
        rows, self.weather = (feed[name][feed[name]["origin"] == origin] for name in ("movements", "weather"))
        self.departed, self.cancelled = (rows[rows["kind"] == kind] for kind in ("departed", "cancelled"))

    def departures(self, after: pd.Timestamp, known_by: pd.Timestamp = LATER) -> pd.DataFrame:
        """The departures of the hour after a moment."""
        return between(self.departed, after, after + HOUR, known_by)

    @lru_cache  # noqa: B019  # a few airports
    def lately(self, at: pd.Timestamp) -> dict[str, object]:
        day = between(self.departed, at - DAY, at, at)
        known = self.departed[self.departed["known_at"] <= at]
        days_ago = pd.to_datetime(at.tz_convert(ZONE).date()) - pd.to_datetime(known["happened_at"].dt.tz_convert(ZONE).dt.date)
        seen = self.weather[(self.weather["published_at"] <= at) & (self.weather["observed_hour"] > at - 6 * HOUR)]
        observed = seen.sort_values("observed_hour").tail(1)[WEATHER_NAMES].to_dict("records")
        return {
            "departures_24h": len(day),
            "cancellations_24h": len(between(self.cancelled, at - DAY, at, at)),
            "mean_delay_24h": math.fsum(day["delay_minutes"]) / len(day),
            "departures_7d": int(days_ago.between(DAY, 7 * DAY).sum()),
            **(observed[0] if observed else dict.fromkeys(WEATHER_NAMES)),
        }


def between(rows: pd.DataFrame, after: pd.Timestamp, until: pd.Timestamp, known_by: pd.Timestamp) -> pd.DataFrame:
    happened = rows["happened_at"]
    return rows[(happened > after) & (happened <= until) & (rows["known_at"] <= known_by)]


def direct(feed: Mapping[str, pd.DataFrame], rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with their features and targets."""
    airports = {origin: Airport(feed, origin) for origin in ORIGINS}
    found = []
    for origin, at, target in rows[KEY].itertuples(index=False):
        airport = airports[origin]
        label = airport.departures(target)
        before = {f"departures_{n}w_before": len(airport.departures(target - 7 * n * DAY, at)) for n in (1, 2, 3, 4)}
        targets = {"departures": len(label), "late": int((label["delay_minutes"] >= 60).any())}
        found.append({**before, **airport.lately(at), **targets})
    return pd.concat([rows.reset_index(drop=True), pd.DataFrame(found)], axis=1)


def assert_equal(found: pd.DataFrame, expected: pd.DataFrame, *columns: str) -> None:
    """Bit for bit, whatever the order of the rows."""
    sides = [each[[*KEY, *columns]].sort_values(KEY).reset_index(drop=True) for each in (found, expected)]
    for name in KEY[1:]:
        sides[0][name] = pd.to_datetime(sides[0][name], utc=True).astype("datetime64[us, UTC]")
    pd.testing.assert_frame_equal(*sides, check_dtype=False, check_exact=True)


@pytest.mark.evidence
def test_a_model_is_trained_on_real_hours_and_predicts_those_of_later_days(spark: SparkSession, tmp_path: Path) -> None:
    feed = {"movements": flights.movements(FED.first_day, FED.last_day), "weather": flights.weather(FED.first_day, FED.last_day)}
    lag = feed["movements"]["known_at"] - feed["movements"]["happened_at"]
    assert set(lag) == {groups.MOVEMENTS.delay}
    store = filled(spark, tmp_path, feed)
    registry = Registry(f"sqlite:///{tmp_path}/mlflow/mlflow.db", (tmp_path / "mlflow" / "artifacts").as_uri())

    estimators = (BoostedTrees(max_iter=2, max_depth=2), LogisticRegression(max_iter=2))
    columns = ModelColumns(("origin",), tuple(FEATURES))
    model = Model("late_hours", LATE_HOURS, Binary(), estimators, target="departed", columns=columns)
    # Without seven test days with labels, no model is surely better than the naive prediction.
    days = Period(date(2013, 2, 25), date(2013, 3, 13), ZONE)
    split = split_by_days(days, date(2013, 3, 4), date(2013, 3, 5), date(2013, 3, 13))
    trained = run_training_pipeline(store.handle, "flights", model, TrainingRequest(split), registry)
    release(store, registry, model, trained.experiment.accepted)
    # The labels of the last test day, and those of the hour before its midnight, were not mature when it ended.
    assert (trained.manifest.rows, trained.manifest.young) == (3 * (16 * 24 - 2), 3 * 25)
    dataset = store.training_dataset(LATE_HOURS, split.start, split.end)
    assert dataset.reused
    assert_training_rows(feed, dataset.frame.toPandas())

    later = Period(date(2013, 3, 14), date(2013, 3, 15), ZONE)
    now = datetime(2013, 3, 15, 22, 30, tzinfo=UTC)
    predicted = predict(store, registry, model, later, now)
    assert (predicted.written.inserted, predicted.written.rows) == (144, 144)
    assert predicted.provenance.estimator in ("boosted_trees", "logistic_regression")
    scorer = PortableScorer.from_bytes(registry.scorer(registry.require_champion("late_hours")))
    assert_predictions(feed, scorer, later, store.predictions("late_hours").toPandas())
    again = predict(store, registry, model, later, now)
    assert (again.written.unchanged, again.written.rows) == (144, 144)


def assert_training_rows(feed: Mapping[str, pd.DataFrame], found: pd.DataFrame) -> None:
    """Compare the rows of the last evenings with their direct computation. One day had 23 hours, and the last hour is young."""
    found = found[found["event_time"] >= pd.Timestamp("2013-03-09")]
    expected = direct(feed, evenings(*(date(2013, 3, day) for day in (9, 10, 11, 12))))
    expected = expected[expected["target_time"] + HOUR + groups.MOVEMENTS.delay <= pd.Timestamp("2013-03-14", tz=ZONE)]
    assert len(expected) == 3 * (23 + 24 + 24 + 23)
    assert_equal(found, expected, *LATE_HOURS.targets, *FEATURES)
    known_at = pd.to_datetime(found["target_time"], utc=True) + HOUR + groups.MOVEMENTS.delay
    assert (pd.to_datetime(found["available_at"], utc=True) == known_at).all()
    # The values differ from hour to hour, and nights have none.
    assert found["departures"].nunique() > 20
    assert (found["departures"] == 0).sum() > 30
    assert found["departures_1w_before"].nunique() > 20


def assert_predictions(feed: Mapping[str, pd.DataFrame], scorer: PortableScorer, days: Period, found: pd.DataFrame) -> None:
    """Compare all predictions with the scores of features that are computed directly."""
    expected = direct(feed, evenings(*days.days()))
    expected["probability"] = scorer.scores(expected)[:, 0]
    expected["prediction"] = (expected["probability"] >= 0.5).astype(int)
    assert_equal(found.rename(columns={"prediction_time": "event_time"}), expected, "probability", "prediction")
    assert found["probability"].nunique() > 5
    assert set(found["feature_view"]) == {"late_hours"}
