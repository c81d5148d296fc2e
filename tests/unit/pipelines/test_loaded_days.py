"""What loaded days say about how far groups are loaded."""

from datetime import UTC, date, datetime

from tidegate import Period
from tidegate.feature_groups.loaded_until import Load
from tidegate.pipelines.loaded_days import loaded_days

DAYS = Period(date(2024, 3, 30), date(2024, 3, 31), "Europe/Warsaw")
START, END = datetime(2024, 3, 29, 23, tzinfo=UTC), datetime(2024, 3, 31, 22, tzinfo=UTC)


def test_a_day_that_is_not_over_is_loaded_until_the_run_began() -> None:
    noon = datetime(2024, 3, 31, 12, tzinfo=UTC)
    for now, until in ((datetime(2026, 1, 1, tzinfo=UTC), END), (noon, noon)):
        found = loaded_days({"beds_v1": 7}, DAYS, now, "days")
        assert found == [Load("beds_v1", "days", until, 7, since=START, batch="days")]
    assert loaded_days({"beds_v1": 7}, DAYS, START, "days") == []
