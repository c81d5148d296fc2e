"""The point-in-time join in plain Python over lists: slow, and obviously right."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Observation:
    """One feature row of one entity."""

    key: tuple[object, ...]
    event_time: datetime
    available_at: datetime
    value: object
    sequence: int = 0
    tombstone: bool = False


def known_value(
    observations: list[Observation],
    key: tuple[object, ...],
    moment: datetime | None,
    lookback: timedelta,
    inclusive: bool,
) -> Observation | None:
    """Return the row whose values a label of this key and time must get, or None."""
    if moment is None or any(part is None for part in key):
        return None
    visible = [
        row for row in observations if row.key == key and (row.available_at <= moment if inclusive else row.available_at < moment)
    ]
    standing = []
    for event_time in {row.event_time for row in visible}:
        of_event = [row for row in visible if row.event_time == event_time]
        latest = max(of_event, key=lambda row: (row.available_at, row.sequence))
        if not latest.tombstone:
            standing.append(latest)
    if not standing:
        return None
    winner = max(standing, key=lambda row: row.event_time)
    return winner if winner.event_time > moment - lookback else None
