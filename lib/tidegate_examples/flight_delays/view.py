"""The feature view of departure delays: its features, how old they may be, and which of them are categories or numbers."""

from datetime import timedelta

from tidegate import Aggregate, Aggregates, CalendarDays, FeatureChoice, FeatureView, count, last, mean, share
from tidegate_examples.flight_delays import groups
from tidegate_examples.flight_delays.sources import ZONE
from tidegate_examples.flight_delays.steps.times import DELAYED_FROM_MINUTES

WEATHER = groups.ORIGIN_WEATHER.feature_names
SCHEDULE = ("scheduled_hour", "scheduled_weekday", "distance_miles", "congestion")
PLANE_NUMBERS = ("year_built", "engines", "seats")
DEPARTED, ARRIVED, CANCELLED = "kind = 'departed'", "kind = 'arrived'", "kind = 'cancelled'"
LATE = f"delay_minutes >= {DELAYED_FROM_MINUTES}"
WEEK = timedelta(days=7)
TRAFFIC_HOURS = (1, 3, 24)
HISTORY_DAYS = (7, 28)


def _traffic(hours: int) -> dict[str, Aggregate]:
    """Return what happened at an airport in the last hours."""
    window = timedelta(hours=hours)
    return {
        f"origin_departures_{hours}h": count(where=DEPARTED, window=window),
        f"origin_mean_delay_{hours}h": mean("delay_minutes", where=DEPARTED, window=window),
        f"origin_cancellations_{hours}h": count(where=CANCELLED, window=window),
    }


def _punctuality(of: str, days: int) -> dict[str, Aggregate]:
    """Return how punctual the flights of a carrier or a route were on the last whole days in New York."""
    window = CalendarDays(days, ZONE)
    return {
        f"{of}_departures_{days}d": count(where=DEPARTED, window=window),
        f"{of}_mean_delay_{days}d": mean("delay_minutes", where=DEPARTED, window=window),
        f"{of}_share_delayed_{days}d": share(LATE, where=DEPARTED, window=window),
        f"{of}_share_cancelled_{days}d": share(CANCELLED, where=f"{DEPARTED} OR {CANCELLED}", window=window),
    }


# A flight that was diverted has NULL as its delay, which hides the delay of the flight before.
AIRCRAFT = {
    "last_departure_delay": last("delay_minutes", skip_null=False, where=DEPARTED, window=WEEK),
    "last_arrival_delay": last("delay_minutes", skip_null=False, where=ARRIVED, window=WEEK),
    "departures_24h": count(where=DEPARTED, window=timedelta(hours=24)),
}
ORIGIN = {name: each for hours in TRAFFIC_HOURS for name, each in _traffic(hours).items()}
CARRIER, ROUTE = (
    {name: each for days in HISTORY_DAYS for name, each in _punctuality(of, days).items()} for of in ("carrier", "route")
)

DEPARTURE_DELAY = FeatureView(
    name="departure_delay",
    version=3,
    spine=groups.SCHEDULED_FLIGHTS,
    labels=groups.DEPARTURE_OUTCOMES,
    targets=("delayed", "departure_delay_minutes", "departure"),
    choices=(
        FeatureChoice(groups.SCHEDULED_FLIGHTS, SCHEDULE, timedelta(days=60)),
        FeatureChoice(groups.ORIGIN_WEATHER, WEATHER, timedelta(hours=6)),
        # When the history begins, most aircraft have no earlier flight from New York, and a quarter never get one.
        Aggregates(groups.MOVEMENTS, AIRCRAFT, key=("tailnum",), may_lack=0.9),
        FeatureChoice(groups.AIRCRAFT_TURNAROUNDS, ("turnaround_minutes",), WEEK, may_lack=0.95),
        Aggregates(groups.MOVEMENTS, ORIGIN, key=("origin",)),
        Aggregates(groups.MOVEMENTS, CARRIER, key=("carrier",)),
        Aggregates(groups.MOVEMENTS, ROUTE, key=("origin", "dest")),
        FeatureChoice(groups.PLANE_ATTRIBUTES, ("manufacturer", *PLANE_NUMBERS), timedelta(days=3653)),
    ),
)

CATEGORICAL = ("carrier", "origin", "dest", "manufacturer")
NUMERIC = tuple(name for name in DEPARTURE_DELAY.feature_names if name not in CATEGORICAL)
