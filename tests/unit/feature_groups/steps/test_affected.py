"""Which derived event times a change affects: by spans, against a check of every hour."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import types as T

from tidegate import FeatureGroup, Field
from tidegate.errors import DefinitionError
from tidegate.feature_groups.changed_times import ChangedSpan
from tidegate.feature_groups.steps.affected import affected_by
from tidegate.feature_groups.steps.step_input import reads
from tidegate.moments import FIRST, LAST

START = datetime(2024, 1, 1, tzinfo=UTC)
GROUP = FeatureGroup("readings", 1, ("sensor",), (Field("sensor", T.StringType(), "sensor"),), "readings")


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def span(first: float, last: float) -> ChangedSpan:
    return ChangedSpan(at(first), at(last), at(1000))


@pytest.mark.parametrize("seed", range(50))
def test_an_hour_is_affected_if_it_looks_at_a_changed_hour(seed: int) -> None:
    draw = random.Random(seed)
    inputs = [reads(GROUP, timedelta(hours=draw.randrange(4)), timedelta(hours=draw.randrange(4))) for _ in range(2)]
    changes = [[span(first, first + draw.randrange(3)) for first in draw.sample(range(40), 3)] for _ in inputs]
    found = affected_by(zip(inputs, changes, strict=True))
    for hour in range(-5, 50):
        looks = [(at(hour) - (read.before or timedelta(0)), at(hour) + (read.after or timedelta(0))) for read in inputs]
        expected = any(
            each.first <= last and each.last >= first
            for (first, last), spans in zip(looks, changes, strict=True)
            for each in spans
        )
        assert any(first <= at(hour) <= last for first, last in found.spans) == expected, hour


def test_spans_are_in_order_and_apart() -> None:
    found = affected_by([(reads(GROUP), [span(5, 6), span(1, 2), span(2, 3)])])
    assert found.spans == ((at(1), at(3)), (at(5), at(6)))


def test_without_a_limit_everything_on_one_side_is_affected() -> None:
    assert affected_by([(reads(GROUP, before=None), [span(5, 6)])]).spans == ((at(5), LAST),)
    assert affected_by([(reads(GROUP, after=None), [span(5, 6)])]).spans == ((FIRST, at(6)),)


def test_many_spans_become_fewer_at_the_shortest_gaps() -> None:
    far = [span(100 * place, 100 * place + 1) for place in range(49)]
    near = [span(100 * place + 3, 100 * place + 4) for place in range(9)]
    found = affected_by([(reads(GROUP), [*far, *near])])
    assert len(found.spans) == 50
    assert found.spans[0] == (at(0), at(4))
    assert found.spans[8] == (at(800), at(801))


def test_a_negative_span_is_refused() -> None:
    with pytest.raises(DefinitionError, match="before is -1 day"):
        reads(GROUP, before=timedelta(days=-1))
