"""Random small worlds for the point-in-time join: labels and feature rows full of what breaks joins."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from tests.properties.point_in_time_oracle import Observation

START = datetime(2024, 2, 28, 20, tzinfo=UTC)
TICK = timedelta(microseconds=1)
Key = tuple[int | None, str | None]


@dataclass(frozen=True)
class Shape:
    """What some cases are like; hypothesis shrinks it.

    Attributes:
        seed: Of the random numbers of its first case.
        rows: Feature rows.
        labels: Label rows.
        hours: Over how many hours they spread: few make ties and corrections frequent.
        late: Up to how many hours after its event a row becomes known.
        gone: Share of tombstones, in percent.
        hot: Share of rows and labels of one key, in percent.
    """

    seed: int
    rows: int
    labels: int
    hours: int
    late: int
    gone: int
    hot: int


CHOICES = {"hours": [1, 6, 12, 400], "late": [0, 2, 5, 300], "gone": [0, 20, 50, 90], "hot": [0, 50, 100]}
MOST_LABELS = 5

shapes = st.builds(
    Shape,
    seed=st.integers(0, 2**32),
    rows=st.integers(0, 14),
    labels=st.integers(0, MOST_LABELS),
    **{name: st.sampled_from(values) for name, values in CHOICES.items()},
)


def shape_of(seed: int, most_rows: int) -> Shape:
    """Draw a shape by a seed."""
    draw = random.Random(seed)
    drawn = {name: draw.choice(values) for name, values in CHOICES.items()}
    return Shape(seed=seed, rows=draw.randint(0, most_rows), labels=draw.randint(0, MOST_LABELS), **drawn)


@dataclass(frozen=True)
class Case:
    """Labels and feature rows that have nothing to do with those of another case."""

    labels: list[tuple[Key, datetime | None]] = field(default_factory=list)
    rows: list[Observation] = field(default_factory=list)


def case_of(shape: Shape, number: int) -> Case:
    """Make one of the cases of a shape."""
    draw = random.Random(shape.seed + number)
    moment = _moments(draw, shape)
    key = _keys(draw, shape)
    labels = [(key(), None if draw.random() < 0.05 else moment()) for _ in range(shape.labels)]
    rows: dict[tuple[object, ...], Observation] = {}
    for number in range(shape.rows):
        at, event = key(), moment()
        known = event + timedelta(hours=draw.randint(0, shape.late)) - draw.choice([0, 0, 0, 1]) * timedelta(hours=2)
        gone = draw.randint(1, 100) <= shape.gone
        value = None if gone or draw.random() < 0.15 else number
        rows[at, event, known] = Observation(at, event, known, value, draw.randint(0, 2), gone)
    return Case(labels, list(rows.values()))


def _moments(draw: random.Random, shape: Shape) -> Callable[[], datetime]:
    return lambda: START + timedelta(hours=draw.randint(0, shape.hours)) + draw.choice([0, 0, 0, 1, -1]) * TICK


def _keys(draw: random.Random, shape: Shape) -> Callable[[], Key]:
    # (1, "11") and (11, "1") are one string when glued together; NULL matches nothing, not even NULL.
    def key() -> Key:
        if draw.randint(1, 100) <= shape.hot:
            return (1, "11")
        return (draw.choice([1, 11, None]), draw.choice(["1", "11", None]))

    return key
