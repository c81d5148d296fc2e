"""What loaded days say about how far feature groups are loaded."""

from collections.abc import Mapping
from datetime import datetime

from tidegate.feature_groups.loaded_until import Load
from tidegate.period import Period


def loaded_days(versions: Mapping[str, int], period: Period, known_by: datetime, batch: str | None = None) -> list[Load]:
    """Return a load for each group into which the days of a period were written; none if the period lies after `known_by`.

    Args:
        versions: The table version of each group after the load, by its full name.
        period: The days.
        known_by: The start of the run, or how far the rows were known that it wrote. What became known later is not loaded, even
            if the last day is not over yet.
        batch: The name of the run; None if it has none.
    """
    until = min(period.end, known_by)
    if until <= period.start:
        return []
    return [Load(group, "days", until, version, since=period.start, batch=batch) for group, version in versions.items()]
