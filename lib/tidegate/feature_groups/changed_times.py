"""The event times that a commit changed, and when their newest rows became known. Steps that read the group need them.

A writer counts them in the pass in which it counts the effects of its rows, and the note of the commit keeps them. A rewritten
file makes every row of it look new, so the files of a version don't tell what changed. Rows that repeat a known value and rows of
erased people are no changes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE
from tidegate.moments import EPOCH, from_micros, micros_of, moment_of
from tidegate.tables.commits.commit_metadata import CHANGED

# At most about this many spans describe the changes of one commit, so that a note stays small. A day is the finest division.
_MOST_SPANS = 200
_FINEST = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class ChangedSpan:
    """A span of event times in which a commit changed rows.

    Attributes:
        first: The first event time of a changed row.
        last: The last event time of a changed row.
        known: When the newest of the changed rows became known (`available_at`).
        gone: When the newest tombstone among them became known; None if there is none. Steps can't see deleted rows, so only this
            says when a row became known that is there because another row is gone.
    """

    first: datetime
    last: datetime
    known: datetime
    gone: datetime | None = None


def cell_of(changed: str, earliest: datetime | None, latest: datetime | None) -> Column:
    """Return a column that divides changed rows by their event times into cells, each one a day or longer.

    Args:
        changed: SQL that is true for a row that changes what is known. Other rows get NULL.
        earliest: The first event time of the batch; None if it has no accepted row.
        latest: The last event time of the batch.
    """
    start, end = earliest or EPOCH, latest or EPOCH
    width = max(_FINEST, (end - start) / _MOST_SPANS) // _MICROSECOND
    # Tombstones that follow from a full state can lie outside of the batch's own times. They fall into the two cells at its ends.
    place = f"(unix_micros({EVENT_TIME}) - {micros_of(start)}L) DIV {width}L"
    cell = f"greatest(-1L, least({_MOST_SPANS + 1}L, {place}))"
    return F.expr(f"if({changed}, {cell}, NULL)")


def span_columns() -> list[Column]:
    """Return the aggregates that make a `ChangedSpan` of the changed rows of one cell."""
    return [
        F.unix_micros(F.min(EVENT_TIME)).alias("first"),
        F.unix_micros(F.max(EVENT_TIME)).alias("last"),
        F.unix_micros(F.max(AVAILABLE_AT)).alias("known"),
        F.unix_micros(F.max(F.when(F.col(TOMBSTONE), F.col(AVAILABLE_AT)))).alias("gone"),
    ]


def spans_of_rows(rows: DataFrame) -> tuple[ChangedSpan, ...]:
    """Return all rows of a group's table as spans, for the case that nobody knows which of them changed. This runs two jobs."""
    ends = rows.agg(F.unix_micros(F.min(EVENT_TIME)).alias("first"), F.unix_micros(F.max(EVENT_TIME)).alias("last")).first()
    if ends is None or ends["first"] is None:
        return ()
    return spans_by_cell(rows, moment_of(ends["first"]), moment_of(ends["last"]))


def spans_by_cell(rows: DataFrame, earliest: datetime, latest: datetime) -> tuple[ChangedSpan, ...]:
    """Return all rows as spans, if the first and the last event time are known. This runs one job; a few hundred rows return."""
    cell = cell_of("true", earliest, latest)
    found = rows.groupBy(cell.alias("cell")).agg(*span_columns()).collect()
    return in_order(span_of([row]) for row in found)


def span_of(rows: Sequence[Row]) -> ChangedSpan:
    """Return the span of one cell, from rows with the aggregates of `span_columns`."""
    first, last, known = min(row["first"] for row in rows), max(row["last"] for row in rows), max(row["known"] for row in rows)
    gone = max((row["gone"] for row in rows if row["gone"] is not None), default=None)
    return ChangedSpan(moment_of(first), moment_of(last), moment_of(known), from_micros(gone))


def in_order(spans: Iterable[ChangedSpan]) -> tuple[ChangedSpan, ...]:
    """Return spans in the order of their event times."""
    return tuple(sorted(spans, key=lambda span: (span.first, span.last, span.known)))


def noted(spans: Iterable[ChangedSpan]) -> list[list[int]]:
    """Return spans as the note of a commit has them: microseconds since 1970, in the order of the attributes.

    A span without tombstones has no fourth number.
    """
    moments = [(span.first, span.last, span.known, span.gone) for span in in_order(spans)]
    return [[micros_of(each) for each in span if each is not None] for span in moments]


def spans_in(note: Mapping[str, object]) -> tuple[ChangedSpan, ...] | None:
    """Return the spans in the note of a commit; None if the note does not say which rows changed."""
    found = note.get(CHANGED)
    if not isinstance(found, list):
        return None
    return tuple(ChangedSpan(*map(moment_of, each)) for each in found)
