"""The feature view of departures an hour: how many flights leave each airport in each hour of the next day.

The view needs no step and no table of its own: its rows, its labels and its features all come from the movements, and from the
weather at the airports.
"""

from datetime import timedelta

from tidegate import Aggregate, Aggregates, CalendarDays, FeatureChoice, FeatureView, FutureLabels, count, every, mean
from tidegate_examples.flight_delays import groups
from tidegate_examples.flight_delays.sources import ZONE

HOUR, DAY, WEEK = (timedelta(**{unit: 1}) for unit in ("hours", "days", "weeks"))
DEPARTED, CANCELLED = "kind = 'departed'", "kind = 'cancelled'"
WEEKS_BEFORE = (1, 2, 3, 4)

# An airport from which nothing left for a week has no rows.
EVENINGS = every(
    groups.MOVEMENTS, "1 day", at="18:00", zone=ZONE, key=("origin",), horizons="hours of the next day", lookback=WEEK
)
DEPARTURES = FutureLabels(
    groups.MOVEMENTS, horizon=HOUR, key=("origin",), where=DEPARTED, targets={"departures": count()}, anchor="target_time"
)


def _same_hour(weeks: int) -> dict[str, Aggregate]:
    """Return what happened some weeks before, in the hour that is predicted.

    In the weeks after a clock change it is the hour before or after, because these weeks have 168 hours like all others.
    """
    before = weeks * WEEK - HOUR
    return {f"departures_{weeks}w_before": count(where=DEPARTED, window=HOUR, offset=before)}


SAME_HOUR = {name: each for weeks in WEEKS_BEFORE for name, each in _same_hour(weeks).items()}
LATELY = {
    "departures_24h": count(where=DEPARTED, window=DAY),
    "cancellations_24h": count(where=CANCELLED, window=DAY),
    "mean_delay_24h": mean("delay_minutes", where=DEPARTED, window=DAY),
    "departures_7d": count(where=DEPARTED, window=CalendarDays(7, ZONE)),
}

HOURLY_DEPARTURES = FeatureView(
    name="hourly_departures",
    version=1,
    spine=EVENINGS,
    labels=DEPARTURES,
    targets=("departures",),
    choices=(
        # In the first weeks of the history there is no hour some weeks before, and at night no flight leaves.
        Aggregates(groups.MOVEMENTS, SAME_HOUR, key=("origin",), anchor="target_time", may_lack=0.9),
        Aggregates(groups.MOVEMENTS, LATELY, key=("origin",)),
        FeatureChoice(groups.ORIGIN_WEATHER, ("temperature_f", "wind_speed_mph", "visibility_miles"), 6 * HOUR),
    ),
)
