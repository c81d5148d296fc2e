"""Convert local times of a declared time zone to UTC, independently of the zone of the session and of the machine."""

from dataclasses import dataclass
from typing import Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

DoubleHours = Literal["refuse", "earlier", "later"]
# This is more than the offset of any zone from UTC, so that the two offsets surely lie before and after a change of the clocks.
_FAR = "INTERVAL 26 HOURS"


@dataclass(frozen=True)
class LocalTime:
    """A column of local times that were read as if they were UTC, and the steps that convert it to moments.

    When clocks are set back, they show some times twice. When they are set forward, they never show some times. To find the
    moment, the steps try the zone's offset before and after a possible change, and check which of the two is right.

    Attributes:
        wall: The name of the column with the local times, as a timestamp that was read as UTC.
        zone: The time zone of the local times.
        double_hours: How to read a time that the clocks showed twice.
    """

    wall: str
    zone: str
    double_hours: DoubleHours

    def candidates(self) -> dict[str, Column]:
        """Return the columns of the first step: the moment by the offset one day before, and by the offset one day after."""
        wall = F.col(self.wall)
        far = {"before": wall - F.expr(_FAR), "after": wall + F.expr(_FAR)}
        return {self._name(side): _shifted(wall, _offset(moment, self.zone)) for side, moment in far.items()}

    def checks(self) -> dict[str, Column]:
        """Return the columns of the second step: whether the clocks showed the local time at each of the two moments."""
        sides = ("before", "after")
        return {
            self._name(f"is_{side}"): F.from_utc_timestamp(F.col(self._name(side)), self.zone) == F.col(self.wall)
            for side in sides
        }

    @property
    def moment(self) -> Column:
        """The moment; NULL if the clocks never showed the time. Use it after the second step."""
        before, after, is_before, is_after = self._columns()
        # If clocks were set back, the offset before the change gives the earlier moment, and the offset after it the later one.
        later = F.when(is_after, after).when(is_before, before)
        earlier = F.when(is_before, before).when(is_after, after)
        return later if self.double_hours == "later" else earlier

    @property
    def fault(self) -> Column:
        """What is wrong with the time; NULL if nothing is. Use it after the second step."""
        before, after, is_before, is_after = self._columns()
        never = F.col(self.wall).isNotNull() & ~is_before & ~is_after
        fault = F.when(never, f"a time that clocks in {self.zone} never showed")
        if self.double_hours == "refuse":
            fault = fault.when(is_before & is_after & (before != after), f"a time that clocks in {self.zone} showed twice")
        return fault

    def _columns(self) -> tuple[Column, Column, Column, Column]:
        return tuple(F.col(self._name(part)) for part in ("before", "after", "is_before", "is_after"))  # type: ignore[return-value]

    def _name(self, part: str) -> str:
        return f"{self.wall}_{part}"


def with_steps(rows: DataFrame, *steps: dict[str, Column]) -> DataFrame:
    """Add columns in several steps, so that Spark computes a column once even if a later step uses it several times."""
    for step in steps:
        if step:
            rows = rows.withColumns(step)
    return rows


def _offset(moment: Column, zone: str) -> Column:
    """Return how many microseconds the clocks of the zone are ahead of UTC at a moment."""
    return F.unix_micros(F.from_utc_timestamp(moment, zone)) - F.unix_micros(moment)


def _shifted(wall: Column, offset: Column) -> Column:
    return F.timestamp_micros(F.unix_micros(wall) - offset)
