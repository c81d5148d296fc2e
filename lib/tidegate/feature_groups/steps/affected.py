"""The derived rows that changes of the inputs affect, as spans of event times."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pyspark.sql import Column
from pyspark.sql import functions as F

from tidegate.feature_groups.changed_times import ChangedSpan, in_order
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.feature_groups.steps.newest_by_time import TimedMoment, newest_by_time
from tidegate.feature_groups.steps.step_input import StepInput
from tidegate.moments import FIRST, LAST, earlier_by, moment_literal, utc_text

# A filter with more spans than this would cost more than the rows between them.
_MOST_SPANS = 50


@dataclass(frozen=True)
class Affected:
    """The event times of the derived rows that have to be computed again.

    Attributes:
        spans: The spans, in order and without overlaps, each from its first to its last moment.
        causes: For each changed span of an input the derived event times that it affects, and when the change became known.
        seen: The same for all rows of the inputs that the affected rows depend on, changed or not. It may leave out rows that
            became known before all changes.
        is_everything: Whether all derived rows are computed again, whatever changed. Then each row of the inputs is among the
            changes.
    """

    spans: tuple[tuple[datetime, datetime], ...]
    causes: tuple[ChangedSpan, ...]
    seen: tuple[ChangedSpan, ...] = ()
    is_everything: bool = False

    @property
    def text(self) -> str:
        """The event times in words."""
        first, last = self.spans[0][0], self.spans[-1][1]
        start = "" if first == FIRST else f" from {utc_text(first)}"
        until = "" if last == LAST else f" to {utc_text(last)}"
        number = f"{len(self.spans)} spans of time" if len(self.spans) > 1 else "event times"
        return f"{number}{start}{until}" if start or until else "all event times"

    def holds(self) -> Column:
        """Return a condition that is true for a row with an event time in one of the spans."""
        return _in_one_of(self.spans)

    def input_rows(self, read: StepInput) -> Column:
        """Return a condition that is true for the rows of an input that the affected rows depend on."""
        return _in_one_of(self.input_spans(read))

    def input_spans(self, read: StepInput) -> list[tuple[datetime, datetime]]:
        """Return the event times of the rows of an input that the affected rows depend on. The spans can overlap."""
        return [(_moved(first, read.before, -1), _moved(last, read.after, 1)) for first, last in self.spans]

    def known(self) -> Column:
        """Return when the newest change became known that affects a row; NULL if no change does."""
        return _newest_known(self.causes)

    def all_known(self) -> Column:
        """Return when the newest row of the inputs became known, changed or not, that a row depends on."""
        return _newest_known((*self.causes, *self.seen))

    def gone_known(self) -> Column:
        """Return when the newest deletion of a row became known that a row would depend on; NULL if there is none."""
        spans = (*self.causes, *self.seen)
        return newest_by_time(TimedMoment(each.first, each.last, each.gone) for each in spans if each.gone is not None)


def affected_by(changes: Iterable[tuple[StepInput, Sequence[ChangedSpan]]], everything: bool = False) -> Affected:
    """Return the derived rows that changed rows of the inputs affect.

    Args:
        changes: For each input, the spans of its changed rows.
        everything: Whether all derived rows have to be computed again, whatever changed.
    """
    causes = effects(changes)
    spans = [(FIRST, LAST)] if everything else _merged([(cause.first, cause.last) for cause in causes])
    return Affected(tuple(spans), causes, is_everything=everything)


def effects(changes: Iterable[tuple[StepInput, Sequence[ChangedSpan]]]) -> tuple[ChangedSpan, ...]:
    """Return the derived event times that rows of the inputs affect. A row at t depends on rows from t - before to t + after."""
    return in_order(
        replace(span, first=_moved(span.first, read.after, -1), last=_moved(span.last, read.before, 1))
        for read, spans in changes
        for span in spans
    )


def _newest_known(spans: Iterable[ChangedSpan]) -> Column:
    return newest_by_time(TimedMoment(each.first, each.last, each.known) for each in spans)


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
