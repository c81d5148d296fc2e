"""The split of a training dataset by time: train, then validation, then test, never shuffled."""

from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from itertools import pairwise

from tidegate.declared_types import require_declared_types
from tidegate.errors import BadSplitError, DefinitionError
from tidegate.evaluation import MINIMUM_DAYS
from tidegate.moments import in_utc, require_moment, utc_text
from tidegate.period import Period, require_day

_LEAST_DAYS = 5


@dataclass(frozen=True)
class TimeSplit:
    """Four moments, UTC: start, end of training rows, end of validation rows, end of test rows; each the start of the next.

    Raises:
        DefinitionError: One of them is no moment, or is not later than the one before.
        NaiveMomentError: One of them has no zone.
    """

    start: datetime
    train_end: datetime
    validation_end: datetime
    end: datetime

    def __post_init__(self) -> None:
        require_declared_types(self)
        moments = {each.name: getattr(self, each.name) for each in fields(self)}
        for name, moment in moments.items():
            require_moment(moment, f"{name} of a split by time")
        for (before, earlier), (name, later) in pairwise(moments.items()):
            if earlier >= later:
                raise DefinitionError(
                    f"a split by time: {name} is {utc_text(later)}, which is not later than {before}, {utc_text(earlier)}. Give "
                    f"four moments in the order {', '.join(moments)}."
                )

    def __str__(self) -> str:
        moments = (self.start, self.train_end, self.validation_end, self.end)
        return "..".join(f"{in_utc(moment).replace(tzinfo=None).isoformat(timespec='minutes')}Z" for moment in moments)


def split_by_days(period: Period, train_until: date, validate_until: date, test_until: date) -> TimeSplit:
    """Split at the ends of three days, in the zone of the period.

    Raises:
        DefinitionError: One of them is no day.
        BadSplitError: The days aren't in order or not within the period.
    """
    for role, day in (("train_until", train_until), ("validate_until", validate_until), ("test_until", test_until)):
        require_day(day, role, "a split by days")
    if not period.first_day <= train_until < validate_until < test_until <= period.last_day:
        raise BadSplitError(period.first_day, period.last_day, (train_until, validate_until, test_until))
    return TimeSplit(
        period.start,
        Period(period.first_day, train_until, period.zone).end,
        Period(period.first_day, validate_until, period.zone).end,
        Period(period.first_day, test_until, period.zone).end,
    )


def split_by_shares(period: Period) -> TimeSplit:
    """Split into three fifths, one fifth and one fifth of the days; for periods that the configured days don't fit.

    From two weeks on the test part has at least the days that a comparison of models needs to be sure of anything.

    Raises:
        BadSplitError: Fewer than five days.
    """
    days = list(period.days())
    if len(days) < _LEAST_DAYS:
        raise BadSplitError(period.first_day, period.last_day, ())
    part = len(days) // 5
    test = max(part, MINIMUM_DAYS) if len(days) >= 2 * MINIMUM_DAYS else part
    validated = period.last_day - timedelta(days=test)
    return split_by_days(period, validated - timedelta(days=part), validated, period.last_day)
