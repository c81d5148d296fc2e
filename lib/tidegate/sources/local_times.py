"""Times of a place's clocks as UTC, whatever the zone of the session or the machine."""

from typing import Literal

from pyspark.sql import Column
from pyspark.sql import functions as F

# Further from a change of the clocks than any zone is from UTC.
_FAR = "INTERVAL 26 HOURS"


def to_utc(wall: Column, zone: str, double_hours: Literal["refuse", "earlier", "later"]) -> tuple[Column, Column]:
    """Return the moment of a place's time, and what is wrong with it (NULL: nothing).

    Args:
        wall: What the clocks showed, as a timestamp that takes it for UTC.
        zone: Of the place.
        double_hours: What a time means that the clocks showed twice.
    """
    before, after = (_shifted(wall, _offset(far, zone)) for far in (wall - F.expr(_FAR), wall + F.expr(_FAR)))
    is_before, is_after = (F.from_utc_timestamp(moment, zone) == wall for moment in (before, after))
    # Clocks set back: the offset of before the change gives the earlier moment, that of after it the later.
    twice = is_before & is_after & (before != after)
    moment = F.when(twice, after if double_hours == "later" else before).when(is_before, before).when(is_after, after)
    fault = F.when(moment.isNull() & wall.isNotNull(), f"a time that clocks in {zone} never showed")
    if double_hours == "refuse":
        fault = fault.when(twice, f"a time that clocks in {zone} showed twice")
    return moment, fault


def _offset(moment: Column, zone: str) -> Column:
    """How far the place's clocks are ahead of UTC, in microseconds."""
    return F.unix_micros(F.from_utc_timestamp(moment, zone)) - F.unix_micros(moment)


def _shifted(wall: Column, offset: Column) -> Column:
    return F.timestamp_micros(F.unix_micros(wall) - offset)
