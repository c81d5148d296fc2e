"""The derived rows that changes of the inputs affect, as spans of event times."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyspark.sql import Column
from pyspark.sql import functions as F

from tidegate.feature_groups.changed_times import ChangedSpan
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.feature_groups.steps.step_input import StepInput
from tidegate.moments import FIRST, LAST, earlier_by, moment_literal

# A filter with more spans than this would cost more than the rows between them.
_MOST_SPANS = 50


@dataclass(frozen=True)
class Affected:
    """The event times of the derived rows that have to be computed again.

    Attributes:
        spans: The spans, in order and without overlaps, each from its first to its last moment.
        causes: For each changed span of an input the derived event times that it affects, and when the change became known.
    """

    spans: tuple[tuple[datetime, datetime], ...]
    causes: tuple[ChangedSpan, ...]

    def holds(self) -> Column:
        """Return a condition that is true for a row with an event time in one of the spans."""
        return _in_one_of(self.spans)

    def input_rows(self, read: StepInput) -> Column:
        """Return a condition that is true for the rows of an input that the affected rows depend on."""
        return _in_one_of([(_moved(first, read.before, -1), _moved(last, read.after, 1)) for first, last in self.spans])

    def known(self) -> Column:
        """Return when the newest change became known that affects a row; NULL if no change does."""
        if not self.causes:
            return F.lit(None).cast("timestamp")
        each = [
            f"named_struct('first', {moment_literal(cause.first)}, 'last', {moment_literal(cause.last)}, "
            f"'known', {moment_literal(cause.known)})"
            for cause in self.causes
        ]
        within = f"{EVENT_TIME} >= cause.first AND {EVENT_TIME} <= cause.last"
        return F.expr(f"array_max(transform(filter(array({', '.join(each)}), cause -> {within}), cause -> cause.known))")


def affected_by(changes: Iterable[tuple[StepInput, Sequence[ChangedSpan]]], everything: bool = False) -> Affected:
    """Return the derived rows that changed rows of the inputs affect.

    Args:
        changes: For each input, the spans of its changed rows.
        everything: Whether all derived rows have to be computed again, whatever changed.
    """
    causes = [_effect(read, span) for read, spans in changes for span in spans]
    spans = [(FIRST, LAST)] if everything else _merged([(cause.first, cause.last) for cause in causes])
    return Affected(tuple(spans), tuple(sorted(causes)))


def _effect(read: StepInput, span: ChangedSpan) -> ChangedSpan:
    """Return the derived event times that a change affects. A row at t depends on the input from t - before to t + after."""
    return ChangedSpan(_moved(span.first, read.after, -1), _moved(span.last, read.before, 1), span.known)


def _moved(moment: datetime, span: timedelta | None, direction: int) -> datetime:
    if span is None:
        return FIRST if direction < 0 else LAST
    return earlier_by(moment, -direction * span)


def _merged(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Join spans that overlap, and then those with the shortest gaps between them until few enough are left."""
    joined: list[tuple[datetime, datetime]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    gaps = sorted(range(1, len(joined)), key=lambda place: joined[place][0] - joined[place - 1][1])
    closed = set(gaps[: max(0, len(joined) - _MOST_SPANS)])
    result: list[tuple[datetime, datetime]] = []
    for place, span in enumerate(joined):
        if place in closed:
            result[-1] = result[-1][0], span[1]
        else:
            result.append(span)
    return result


def _in_one_of(spans: Iterable[tuple[datetime, datetime]]) -> Column:
    each = [
        f"({EVENT_TIME} >= {moment_literal(first)} AND {EVENT_TIME} <= {moment_literal(last)})" for first, last in _merged(spans)
    ]
    return F.expr(" OR ".join(each) or "false")
