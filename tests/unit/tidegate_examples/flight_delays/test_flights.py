from datetime import date

import pandas as pd
import pytest

from tidegate_examples.flight_delays import flights
from tidegate_examples.flight_delays.package_tables import package_table


@pytest.fixture(scope="module")
def year() -> pd.DataFrame:
    return flights.flights_between(date(2013, 1, 1), date(2013, 12, 31))


def test_flights_between_agrees_with_the_package_on_the_hour_of_all_flights(year: pd.DataFrame) -> None:
    assert len(year) == 336_776
    hours = pd.to_datetime(year["time_hour"], utc=True)
    assert (year["scheduled_departure"].dt.floor("h") == hours).all()


def test_flights_between_leaves_at_the_local_time_that_was_recorded(year: pd.DataFrame) -> None:
    left = year[year["dep_time"].notna()]
    local = left["departed_at"].dt.tz_convert("America/New_York")
    assert (local.dt.hour * 100 + local.dt.minute == left["dep_time"] % 2400).all()


def test_flights_between_lands_after_leaving_with_the_recorded_delay(year: pd.DataFrame) -> None:
    landed = year[year["arrived_at"].notna()]
    assert len(landed) == year["arr_time"].notna().sum()
    assert (landed["arrived_at"] > landed["departed_at"]).all()
    with_delay = landed[landed["arr_delay"].notna()]
    late = with_delay["arrived_at"] - with_delay["scheduled_arrival"]
    assert (late.dt.total_seconds() / 60 == with_delay["arr_delay"]).all()
    on_the_ground = (with_delay["arrived_at"] - with_delay["departed_at"]).dt.total_seconds() / 60 - with_delay["air_time"]
    assert on_the_ground.between(0, 240).all()


def test_schedules_are_published_at_local_midnight_seven_days_before() -> None:
    published = flights.schedules(date(2013, 3, 12), date(2013, 3, 12))["published_at"]

    # Before the clocks changed, New York was five hours behind.
    assert set(published) == {pd.Timestamp("2013-03-05T05:00Z")}


def test_movements_belong_to_the_day_on_which_they_became_known(year: pd.DataFrame) -> None:
    day = date(2013, 3, 10)

    rows = flights.movements(day, day)

    assert (rows["known_at"] - rows["happened_at"] == pd.Timedelta(minutes=5)).all()
    # The day has 23 hours.
    assert rows["known_at"].between(pd.Timestamp("2013-03-10T05:00Z"), pd.Timestamp("2013-03-11T03:59:59Z")).all()
    assert rows["flight_date"].nunique() > 1
    departed = year["departed_at"] + pd.Timedelta(minutes=5)
    assert (rows["kind"] == "departed").sum() == (departed.dt.tz_convert("America/New_York").dt.date == day).sum()


def test_movements_know_a_cancellation_only_after_the_scheduled_departure() -> None:
    rows = flights.movements(date(2013, 2, 8), date(2013, 2, 8))
    cancelled = rows[rows["kind"] == "cancelled"]
    planned = flights.schedules(date(2013, 2, 8), date(2013, 2, 8)).merge(cancelled, on=list(flights.FLIGHT_KEY))

    assert len(planned) > 400
    assert (planned["known_at"] == planned["scheduled_departure"] + pd.Timedelta(minutes=5)).all()
    assert planned["delay_minutes"].isna().all()


# The day of 25 hours lacks its first in the package, at all three airports.
@pytest.mark.parametrize(("day", "hours"), [(date(2013, 3, 10), 23), (date(2013, 6, 1), 24), (date(2013, 11, 3), 24)])
def test_weather_of_a_day_has_its_hours(day: date, hours: int) -> None:
    rows = flights.weather(day, day)

    assert rows.groupby("origin")["observed_hour"].nunique().max() == hours
    assert (rows["published_at"] - rows["observed_hour"] == pd.Timedelta(minutes=75)).all()


def test_weather_has_the_repeated_hour_twice() -> None:
    observed = flights.weather(date(2013, 11, 3), date(2013, 11, 3))["observed_hour"]
    local = observed.dt.tz_convert("America/New_York")

    assert (local[local.dt.hour == 1].dt.tz_convert("UTC").dt.hour.value_counts() == 3).all()


def test_planes_are_all_there() -> None:
    assert len(flights.planes()) == len(package_table("planes"))


def test_flights_between_is_empty_outside_the_year() -> None:
    assert flights.flights_between(date(2014, 5, 1), date(2014, 5, 2)).empty
