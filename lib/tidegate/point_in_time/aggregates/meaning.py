"""The meaning of an aggregate in words, for the catalog, a plan and pages."""

from collections.abc import Sequence
from datetime import timedelta

from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.windows import CalendarDays, LastRows

_OF_COLUMN = {
    "count": "Number of rows with a value of {}",
    "sum": "Sum of {}",
    "mean": "Mean of {}",
    "variance": "Sample variance of {}",
    "std": "Sample standard deviation of {}",
    "min": "Smallest {}",
    "max": "Largest {}",
    "first": "Oldest value of {}",
    "last": "Newest value of {}",
    "count_distinct": "Number of different values of {}",
    "time_since_last": "Seconds since the newest row with a value of {}",
}
_OF_ROWS = {"count": "Number of rows", "share": "Share of rows with {}", "time_since_last": "Seconds since the newest row"}


def meaning(aggregate: Aggregate, group: str, key: Sequence[str], where: str | None = None) -> str:
    """Return a sentence without a full stop that says what an aggregate is.

    Args:
        aggregate: The aggregate.
        group: Name of the feature group.
        key: The columns that the counted rows have in common with the label.
        where: A condition that holds in addition to the aggregate's own.
    """
    parts = [_what(aggregate), f"in {group} with the same {', '.join(key)}", _when(aggregate)]
    conditions = [text for text in (where, aggregate.where) if text is not None]
    parts += [f"where {' and '.join(conditions)}"] if conditions else []
    parts += [f"for each {aggregate.by}"] if aggregate.by is not None else []
    return ", ".join([" ".join(parts[:2]), *parts[2:]])


def unit_of(aggregate: Aggregate, unit: str | None) -> str | None:
    """Return the unit of a result; `unit` is that of the column."""
    if aggregate.operation == "time_since_last":
        return "seconds"
    keeps_unit = ("sum", "mean", "std", "min", "max", "first", "last")
    return unit if aggregate.operation in keeps_unit else None


def span_text(span: timedelta) -> str:
    """Return a span in the largest unit in which it is a whole number, such as `6 hours`."""
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        number, rest = divmod(span, length)
        if not rest and number:
            return f"{number:,} {unit}" + ("" if number == 1 else "s")
    return f"{span.total_seconds():,} seconds".replace(".0 ", " ")


def _what(aggregate: Aggregate) -> str:
    if aggregate.column is None:
        return _OF_ROWS[aggregate.operation].format(aggregate.condition)
    if aggregate.n is not None:
        order = "oldest first" if aggregate.operation == "first" else "newest first"
        return f"Up to {aggregate.n:,} values of {aggregate.column}, {order},"
    return _OF_COLUMN[aggregate.operation].format(aggregate.column)


def _when(aggregate: Aggregate) -> str:
    if aggregate.ahead is not None:
        return f"in the {span_text(aggregate.ahead)} after the label time, as planned by then"
    end = f"the time {span_text(aggregate.offset)} before the label time" if aggregate.offset else "the label time"
    window = aggregate.window
    if window is None:
        return f"at any time until {end}"
    if isinstance(window, LastRows):
        return f"among the newest {window.rows:,} rows until {end}"
    if isinstance(window, CalendarDays):
        return f"in the {window.days:,} calendar days ({window.zone}) before the day of {end}"
    return f"in the {span_text(window)} until {end}"
