"""Times of a place's clocks as UTC, whatever the zone of the session or the machine."""

from dataclasses import dataclass
from typing import Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

DoubleHours = Literal["refuse", "earlier", "later"]
# Further from a change of the clocks than any zone is from UTC.
_FAR = "INTERVAL 26 HOURS"


@dataclass(frozen=True)
class LocalTime:
    """A column with what the clocks of a place showed, as a timestamp that takes it for UTC.

    Attributes:
        wall: The column.
        zone: Of the place.
        double_hours: What a time means that the clocks showed twice.
    """

    wall: str
    zone: str
    double_hours: DoubleHours

    def candidates(self) -> dict[str, Column]:
        """The moment by the offset of the day before and by that of the day after; first step."""
        wall = F.col(self.wall)
        far = {"before": wall - F.expr(_FAR), "after": wall + F.expr(_FAR)}
        return {self._name(side): _shifted(wall, _offset(moment, self.zone)) for side, moment in far.items()}

    def checks(self) -> dict[str, Column]:
        """Whether the clocks showed the time at these moments; second step."""
        sides = ("before", "after")
        return {
            self._name(f"is_{side}"): F.from_utc_timestamp(F.col(self._name(side)), self.zone) == F.col(self.wall)
            for side in sides
        }

    @property
    def moment(self) -> Column:
        """The moment, NULL where clocks never showed the time; after the second step."""
        before, after, is_before, is_after = self._columns()
        # Clocks set back: the offset of before the change gives the earlier moment, that of after it the later.
        later = F.when(is_after, after).when(is_before, before)
        earlier = F.when(is_before, before).when(is_after, after)
        return later if self.double_hours == "later" else earlier

    @property
    def fault(self) -> Column:
        """What is wrong with the time, NULL: nothing; after the second step."""
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
    """Add columns step by step: a column that a later step asks for several times is then computed once."""
    for step in steps:
        if step:
            rows = rows.withColumns(step)
    return rows


def _offset(moment: Column, zone: str) -> Column:
    """How far the place's clocks are ahead of UTC, in microseconds."""
    return F.unix_micros(F.from_utc_timestamp(moment, zone)) - F.unix_micros(moment)


def _shifted(wall: Column, offset: Column) -> Column:
    return F.timestamp_micros(F.unix_micros(wall) - offset)
