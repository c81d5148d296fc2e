"""Convert the local clock times of the flight data to instants. This uses pandas on the driver, as the data has a fixed size."""

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from tidegate_examples.flight_delays.package_tables import package_table

# Airports that are missing from the package's table of airports. These islands have no daylight saving time.
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
    """Return the UTC instants at which clocks in a zone show a local time on a day; in a repeated hour, the first of two.

    Args:
        days: Calendar days, as naive midnights.
        clock: Local times as numbers HHMM; NaN gives NaT.
        zone: Name of the time zone.
    """
    return _to_utc(days + _since_midnight(clock), zone, is_summer=True)


def nearest_instants(days: pd.Series, clock: pd.Series, zones: pd.Series, expected: pd.Series) -> pd.Series:
    """Return, for each row, the instant nearest to the expected one at which clocks in its zone show a local time.

    The data gives a clock time without its day, and does not say which hour is meant if a zone repeats it in autumn. The expected
    instant, from schedule, distance and time in the air, decides.

    Args:
        days: Calendar day in New York near which the instant is, as naive midnight.
        clock: Local time as a number HHMM, 0 to 2400; NaN gives NaT.
        zones: Name of the time zone of the clock.
        expected: Estimated instant, in UTC.

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

    NaN is replaced before the conversion, because pandas would convert undefined memory for it and sometimes warn of an overflow.
    """
    spans: pd.Series = pd.to_timedelta(numbers.fillna(0), unit=unit).where(numbers.notna())
    return spans


def _since_midnight(clock: pd.Series) -> pd.Series:
    return durations((clock // 100) * 60 + clock % 100, "min")


def _to_utc(local: pd.Series, zone: str, is_summer: bool) -> pd.Series:
    # A clock that shows a time that was skipped in spring had not been set forward yet, so its 02:30 is really 03:30.
    not_set_yet = pd.Timedelta(hours=1)
    repeated = pd.Series(is_summer, index=local.index).to_numpy()
    instants: pd.Series = local.dt.tz_localize(zone, ambiguous=repeated, nonexistent=not_set_yet).dt.tz_convert("UTC")
    return instants
