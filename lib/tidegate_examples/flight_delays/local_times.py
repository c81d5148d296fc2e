"""Local clock times of the flight data as instants: pandas on the driver, for a data set of fixed size."""

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from tidegate_examples.flight_delays.package_tables import package_table

# Airports that the package's table of airports lacks; the islands have no daylight saving time.
MISSING_ZONES: Mapping[str, str] = {
    "BQN": "America/Puerto_Rico",
    "PSE": "America/Puerto_Rico",
    "SJU": "America/Puerto_Rico",
    "STT": "America/St_Thomas",
}


def airport_zones() -> pd.Series:
    """Return the time zone names of the airports, by their three-letter code."""
    airports = package_table("airports").dropna(subset=["tzone"])
    zones: pd.Series = pd.concat([airports.set_index("faa")["tzone"], pd.Series(MISSING_ZONES)])
    return zones


def instants_on(days: pd.Series, clock: pd.Series, zone: str) -> pd.Series:
    """Return the UTC instants at which a zone shows the local time HHMM on a day; of a repeated hour the first."""
    return _to_utc(days + _since_midnight(clock), zone, is_summer=True)


def nearest_instants(days: pd.Series, clock: pd.Series, zones: pd.Series, expected: pd.Series) -> pd.Series:
    """Return the instant nearest to the expected one at which the local clock of a zone shows a time.

    The data gives a clock time without its day, and an hour that a zone repeats in autumn without saying which of
    the two it was: schedule, distance and time in the air tell.

    Args:
        days: Calendar day in New York (midnight, naive) near which the instant is.
        clock: Local time as a number HHMM, 0 to 2400; NaN gives NaT.
        zones: Name of the time zone the clock is in.
        expected: Estimated instant, UTC.

    Returns:
        UTC instants with the index of `days`.
    """
    if days.empty:
        return expected
    parts = [
        _nearest_in_zone(days[zones == zone], clock[zones == zone], zone, expected[zones == zone]) for zone in sorted(set(zones))
    ]
    instants: pd.Series = pd.concat(parts).reindex(days.index)
    return instants


def _nearest_in_zone(days: pd.Series, clock: pd.Series, zone: str, expected: pd.Series) -> pd.Series:
    on_the_day = days + _since_midnight(clock)
    days_later = ((expected.dt.tz_convert(zone).dt.tz_localize(None) - on_the_day) / pd.Timedelta(days=1)).round()
    local = on_the_day + durations(days_later, "D")
    first, second = (_to_utc(local, zone, is_summer) for is_summer in (True, False))
    is_second_nearer = (second - expected).abs() < (first - expected).abs()
    return first.where(~is_second_nearer, second)


def durations(numbers: pd.Series, unit: Literal["D", "min"]) -> pd.Series:
    """Return numbers of a unit as time spans; NaN gives NaT.

    Of a NaN pandas makes a time span from whatever lies in its memory, drops it, and warns now and then of an overflow.
    """
    spans: pd.Series = pd.to_timedelta(numbers.fillna(0), unit=unit).where(numbers.notna())
    return spans


def _since_midnight(clock: pd.Series) -> pd.Series:
    return durations((clock // 100) * 60 + clock % 100, "min")


def _to_utc(local: pd.Series, zone: str, is_summer: bool) -> pd.Series:
    # A clock that shows a time which spring left out was not set yet: 02:30 is what others call 03:30.
    not_set_yet = pd.Timedelta(hours=1)
    repeated = pd.Series(is_summer, index=local.index).to_numpy()
    instants: pd.Series = local.dt.tz_localize(zone, ambiguous=repeated, nonexistent=not_set_yet).dt.tz_convert("UTC")
    return instants
