"""The newest of some moments that apply to an event time, as SQL of a bounded length."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from pyspark.sql import Column
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.moments import earlier_by, micros_of, moment_literal, moment_of

# Longer SQL would cost more than the rows gain. With many commits since the last run there can be thousands of spans.
_MOST_PIECES = 200
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class TimedMoment:
    """A moment that applies to all event times of a span.

    Attributes:
        first: The first event time.
        last: The last event time.
        moment: The moment.
    """

    first: datetime
    last: datetime
    moment: datetime


def newest_by_time(moments: Iterable[TimedMoment]) -> Column:
    """Return a column with the newest moment that applies to the event_time of a row; NULL if none does.

    With very many spans, a row can get a moment that applies only to event times near its own. So the result can be too late,
    but it is never too early.
    """
    pieces = joined(pieces_of(moments), _MOST_PIECES)
    if not pieces:
        return F.lit(None).cast("timestamp")
    each = [
        f"named_struct('first', {moment_literal(piece.first)}, 'last', {moment_literal(piece.last)}, "
        f"'moment', {moment_literal(piece.moment)})"
        for piece in pieces
    ]
    within = f"{EVENT_TIME} >= piece.first AND {EVENT_TIME} <= piece.last"
    return F.expr(f"array_max(transform(filter(array({', '.join(each)}), piece -> {within}), piece -> piece.moment))")


def pieces_of(moments: Iterable[TimedMoment]) -> list[TimedMoment]:
    """Divide spans that may overlap into pieces that don't, each with the newest moment that applies there."""
    waiting = sorted(moments, key=lambda each: each.first, reverse=True)
    # Microseconds, because the moment after the last one of Python's calendar is an end, too.
    ends = sorted({end for each in waiting for end in (micros_of(each.first), micros_of(each.last) + 1)})
    # The newest moments first, each with the end of its span.
    applying: list[tuple[int, int]] = []
    pieces: list[TimedMoment] = []
    for start, end in pairwise(ends):
        while waiting and micros_of(waiting[-1].first) <= start:
            begun = waiting.pop()
            heapq.heappush(applying, (-micros_of(begun.moment), micros_of(begun.last)))
        while applying and applying[0][1] < start:
            heapq.heappop(applying)
        if applying:
            pieces.append(TimedMoment(moment_of(start), moment_of(end - 1), moment_of(-applying[0][0])))
    return _without_borders(pieces)


def joined(pieces: list[TimedMoment], most: int) -> list[TimedMoment]:
    """Join neighbours until at most so many pieces are left. A joined piece has the newest moment of its parts."""
    size = -(-len(pieces) // most)
    parts = [pieces[start : start + size] for start in range(0, len(pieces), max(size, 1))]
    return [TimedMoment(part[0].first, part[-1].last, max(each.moment for each in part)) for part in parts]


def _without_borders(pieces: list[TimedMoment]) -> list[TimedMoment]:
    """Join pieces that follow each other and have the same moment."""
    result: list[TimedMoment] = []
    for piece in pieces:
        before = result[-1] if result else None
        if before is not None and before.moment == piece.moment and earlier_by(piece.first, _MICROSECOND) == before.last:
            result[-1] = TimedMoment(before.first, piece.last, piece.moment)
        else:
            result.append(piece)
    return result
