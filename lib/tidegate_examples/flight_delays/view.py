"""The feature view of departure delays: its features, how old they may be, and which of them are categories or numbers."""

from datetime import timedelta

from tidegate import FeatureChoice, FeatureGroup, FeatureView
from tidegate_examples.flight_delays import groups

WEATHER = groups.ORIGIN_WEATHER.feature_names
SCHEDULE = ("scheduled_hour", "scheduled_weekday", "distance_miles", "congestion")
PLANE_NUMBERS = ("year_built", "engines", "seats")


def _all_of(group: FeatureGroup, lookback: timedelta) -> FeatureChoice:
    return FeatureChoice(group, group.feature_names, lookback)


DEPARTURE_DELAY = FeatureView(
    name="departure_delay",
    version=1,
    spine=groups.SCHEDULED_FLIGHTS,
    labels=groups.DEPARTURE_OUTCOMES,
    targets=("delayed",),
    choices=(
        FeatureChoice(groups.SCHEDULED_FLIGHTS, SCHEDULE, timedelta(days=60)),
        FeatureChoice(groups.ORIGIN_WEATHER, WEATHER, timedelta(hours=6)),
        # When the history begins, most aircraft have no earlier flight from New York, and a quarter never get one.
        FeatureChoice(groups.AIRCRAFT_HISTORY, groups.AIRCRAFT_HISTORY.feature_names, timedelta(days=7), may_lack=0.9),
        _all_of(groups.ORIGIN_TRAFFIC, timedelta(hours=1)),
        _all_of(groups.CARRIER_HISTORY, timedelta(days=3)),
        _all_of(groups.ROUTE_HISTORY, timedelta(days=3)),
        FeatureChoice(groups.PLANE_ATTRIBUTES, ("manufacturer", *PLANE_NUMBERS), timedelta(days=3653)),
    ),
)

CATEGORICAL = ("carrier", "origin", "dest", "manufacturer")
NUMERIC = tuple(name for name in DEPARTURE_DELAY.feature_names if name not in CATEGORICAL)
