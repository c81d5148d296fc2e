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
    """The split of a training dataset by time, as four moments. The end of each part is the start of the next.

    Attributes:
        start: Start of the training rows.
        train_end: End of the training rows; not included.
        validation_end: End of the validation rows; not included.
        end: End of the test rows; not included.

    Raises:
        DefinitionError: One of them is not a datetime, or is not later than the one before.
        NaiveMomentError: One of them has no time zone.
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
    """Split a period at the ends of three days, in the time zone of the period.

    Args:
        period: The days to split.
        train_until: The last day of the training rows.
        validate_until: The last day of the validation rows.
        test_until: The last day of the test rows.

    Raises:
        DefinitionError: One of them is not a date.
        BadSplitError: The days are not in this order, or not within the period.
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
    """Split a period into three fifths, one fifth and one fifth of its days.

    This is for periods that the configured days of a split don't fit. If the period has at least twice `MINIMUM_DAYS`, the test
    part has at least `MINIMUM_DAYS`, because a comparison of models on fewer days shows nothing for sure.

    Raises:
        BadSplitError: The period has fewer than five days.
    """
    days = list(period.days())
    if len(days) < _LEAST_DAYS:
        raise BadSplitError(period.first_day, period.last_day, ())
    part = len(days) // 5
    test = max(part, MINIMUM_DAYS) if len(days) >= 2 * MINIMUM_DAYS else part
    validated = period.last_day - timedelta(days=test)
    return split_by_days(period, validated - timedelta(days=part), validated, period.last_day)
