"""The split by time."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tidegate.datasets.splits import TimeSplit, split_by_days, split_by_shares
from tidegate.errors import BadSplitError, DefinitionError
from tidegate.evaluation.paired_difference import MINIMUM_DAYS
from tidegate.period import Period

MONTH = Period(date(2013, 7, 1), date(2013, 7, 10), "America/New_York")


def midnight(day: int) -> datetime:
    return datetime(2013, 7, day, 4, tzinfo=UTC)


def test_split_by_days_ends_each_part_with_its_last_day() -> None:
    split = split_by_days(MONTH, date(2013, 7, 5), date(2013, 7, 7), date(2013, 7, 9))
    assert split == TimeSplit(midnight(1), midnight(6), midnight(8), midnight(10))


def test_split_by_shares_gives_three_fifths_to_training() -> None:
    assert split_by_shares(MONTH) == TimeSplit(midnight(1), midnight(7), midnight(9), midnight(11))


def test_split_by_shares_tests_long_enough_to_be_sure_of_anything() -> None:
    days = {length: split_by_shares(Period(date(2013, 1, 1), date(2013, 1, length), "UTC")) for length in (13, 14, 31)}
    tested = {length: (split.end - split.validation_end).days for length, split in days.items()}
    assert tested == {13: 2, 14: MINIMUM_DAYS, 31: MINIMUM_DAYS}
    assert {length: (split.train_end - split.start).days for length, split in days.items()} == {13: 9, 14: 5, 31: 18}


def test_splits_refuse_days_out_of_order_or_too_few() -> None:
    with pytest.raises(BadSplitError, match="can't split 2013-07-01..2013-07-10 by time: 2013-07-07 < 2013-07-05"):
        split_by_days(MONTH, date(2013, 7, 7), date(2013, 7, 5), date(2013, 7, 9))
    with pytest.raises(BadSplitError, match="too few days"):
        split_by_shares(Period(date(2013, 7, 1), date(2013, 7, 4)))


@pytest.mark.parametrize(("wrong", "said"), [
    (datetime(2013, 7, 5, tzinfo=UTC), "the moment 2013-07-05.* Give a day: date[(]2013, 7, 5[)]"),
    ("2013-07-05", "'2013-07-05'; give a day, such as"),
])  # fmt: skip
def test_a_split_by_days_takes_days_alone(wrong: object, said: str) -> None:
    days: tuple[object, ...] = (date(2013, 7, 5), date(2013, 7, 7), date(2013, 7, 9))
    for place, role in enumerate(("train_until", "validate_until", "test_until")):
        with pytest.raises(DefinitionError, match=f"{role} of a split by days is {said}"):
            split_by_days(MONTH, *days[:place], wrong, *days[place + 1 :])  # type: ignore[call-arg, arg-type]


def test_a_split_has_four_moments_in_order() -> None:
    in_order = (midnight(1), midnight(6), midnight(8), midnight(10))
    for place in (1, 2, 3):
        for earlier in (in_order[place - 1], midnight(1)):
            with pytest.raises(DefinitionError, match="is not later than .* Give four moments in the order start, train_end"):
                TimeSplit(*in_order[:place], earlier, *in_order[place + 1 :])  # type: ignore[call-arg]
    with pytest.raises(DefinitionError, match="TimeSplit: end is '2013-07-10'; give a datetime"):
        TimeSplit(*in_order[:3], "2013-07-10")  # type: ignore[arg-type]


def test_a_split_at_the_ends_of_the_calendar_is_shown_in_utc() -> None:
    first = datetime(1, 1, 1, tzinfo=ZoneInfo("Asia/Tokyo"))
    last = datetime(9999, 12, 31, 23, 59, 59, 999999, ZoneInfo("America/New_York"))
    assert str(TimeSplit(first, midnight(6), midnight(8), last)) == (
        "0001-01-01T00:00Z..2013-07-06T04:00Z..2013-07-08T04:00Z..9999-12-31T23:59Z"
    )
