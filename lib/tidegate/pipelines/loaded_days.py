"""What loaded days say about how far feature groups are loaded."""

from collections.abc import Sequence
from datetime import datetime

from tidegate.feature_groups.loaded_until import Load
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.period import Period


def loaded_days(written: Sequence[WriteResult], period: Period, batch: str, known_by: datetime) -> list[Load]:
    """Return a load for each group into which the days of a period were written; none if the period lies after `known_by`.

    Args:
        written: The write results, the newest one of each group.
        period: The days.
        batch: The name of the run.
        known_by: The start of the run, or how far the rows were known that it wrote. What became known later is not loaded, even
            if the last day is not over yet.
    """
    until = min(period.end, known_by)
    if until <= period.start:
        return []
    return [Load(each.group, "days", until, each.table_version, since=period.start, batch=batch) for each in written]
