from datetime import UTC, datetime, timedelta

from tidegate import Aggregates, FutureLabels, SpineByRule
from tidegate_examples.flight_delays.hourly import DEPARTURES, HOUR, HOURLY_DEPARTURES


def test_windows_of_weeks_before_end_where_the_predicted_hour_ends() -> None:
    [same_hour] = [each for each in HOURLY_DEPARTURES.choices if isinstance(each, Aggregates) and each.anchor == "target_time"]

    # A window ends `offset` before the target time. The predicted hour ends one hour after it.
    ends = [-each.offset for each in same_hour.features.values()]

    assert ends == [HOUR - timedelta(weeks=weeks) for weeks in (1, 2, 3, 4)]
    assert {each.window for each in same_hour.features.values()} == {DEPARTURES.horizon}


def test_evening_of_a_clock_change_is_followed_by_23_hours() -> None:
    assert isinstance(HOURLY_DEPARTURES.spine, SpineByRule)
    assert isinstance(HOURLY_DEPARTURES.labels, FutureLabels)

    # In New York the clocks were set forward on March 10.
    targets = HOURLY_DEPARTURES.spine.targets(datetime(2013, 3, 9, 23, tzinfo=UTC))

    assert len(targets) == 23
    assert targets[0] == datetime(2013, 3, 10, 5, tzinfo=UTC)
    assert HOURLY_DEPARTURES.entity_columns == ("origin", "target_time")
