"""Choose how the aggregates of a group are computed, with a reason. The choice changes the time, never a value."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from tidegate.moments import micros_of
from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.meaning import span_text
from tidegate.point_in_time.aggregates.windows import window_text
from tidegate.point_in_time.stored_rows import MOST_ROWS_READ_BY_ALL

Way = Literal["bucketed", "shuffled"]


@dataclass(frozen=True)
class ChosenWay:
    """How the aggregates of a group are computed, and why."""

    way: Way
    why: str


def chosen_way(rows: AggregateRows) -> ChosenWay:
    """Return the way for the aggregates of a group."""
    obstacle = why_not_in_buckets(rows)
    if obstacle is None and rows.stored is not None:
        count = f"{rows.stored.rows:,} rows"
        if rows.stored.buckets == 1:
            why = f"{count} in one bucket: each task reads all of them, no row is shuffled"
        else:
            why = f"{count} in {rows.stored.buckets} buckets by the same key: only the labels are shuffled"
        return ChosenWay("bucketed", f"{why}; {what_is_read(rows)}")
    apart = events_in_buckets(rows)
    if apart is None and rows.stored is not None:
        why = f"tasks read the buckets; their rows in force and the labels are shuffled once, since {obstacle}"
    elif set(rows.entity_key) <= set(rows.key) or not rows.keeps_all:
        why = f"Spark reads the rows; they and the labels are shuffled once, since {apart}"
    else:
        why = (
            f"Spark reads the rows; they are shuffled by {', '.join(rows.entity_key)}, to see which are in force, and with the "
            f"labels by {', '.join(rows.key)}, since {apart}"
        )
    if rows.moves_between_entities:
        why += (
            f"; before that, rows are shuffled by {', '.join(rows.one_event_per)}, since events move from one entity to another"
        )
    return ChosenWay("shuffled", f"{why}; {what_is_read(rows)}")


def why_not_in_buckets(rows: AggregateRows) -> str | None:
    """Return why the tasks that read the buckets can't compute the aggregates there; None if they can."""
    apart = events_in_buckets(rows)
    if apart is not None or rows.stored is None:
        return apart
    if rows.stored.buckets > 1 and not set(rows.entity_key) <= set(rows.key):
        return f"the buckets are by {', '.join(rows.entity_key)}, but the aggregates by {', '.join(rows.key)}"
    if rows.stored.buckets > 1 and rows.moves_between_entities:
        return f"the buckets are by {', '.join(rows.entity_key)}, but an event is named by {', '.join(rows.one_event_per)}"
    if rows.stored.buckets == 1 and rows.stored.rows > MOST_ROWS_READ_BY_ALL:
        return f"all {rows.stored.rows:,} rows are in one bucket (`maintain --rebucket` spreads them over several)"
    return None


def events_in_buckets(rows: AggregateRows) -> str | None:
    """Return why tasks can't see in the buckets which rows are in force and count; None if they can."""
    if rows.stored is None:
        return "the rows come from a DataFrame, not from the files of a table"
    return rows.stored.why_not or rows.why_only_spark


def what_is_read(rows: AggregateRows) -> str:
    """Return a text that says which columns and events are read."""
    columns = [name for each in rows.features.values() for name in each.columns]
    columns += [name for each in rows.conditions.values() for name in each.columns]
    named = ", ".join(dict.fromkeys(columns)) or "no column but keys and times"
    return f"reads {named} of events {', '.join(dict.fromkeys(map(_reach_text, rows.features.values())))}"


def _reach_text(aggregate: Aggregate) -> str:
    if aggregate.ahead is not None:
        return f"up to {span_text(aggregate.ahead)} ahead"
    if isinstance(aggregate.window, timedelta):
        return f"of {span_text(aggregate.window)}"
    return f"of {window_text(aggregate.window)}" if aggregate.window is not None else "of any time"


def span_of(rows: AggregateRows) -> tuple[int, int] | None:
    """Return the first and the last label time in microseconds since 1970 UTC; None if they are not known."""
    return None if rows.span is None else (micros_of(rows.span[0]), micros_of(rows.span[1]) - 1)
