"""The feature groups of the flight system, with the meaning, origin and unit of each field."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from pyspark.sql import types as T

from tidegate import FeatureGroup, Field, Source
from tidegate_examples.flight_delays import sources
from tidegate_examples.flight_delays.sources import DEST, FLIGHT_FIELDS, FLIGHT_KEY, PLANES, TAILNUM, WEATHER

# The feed sends a movement this long after it happened.
MOVEMENT_DELAY = timedelta(minutes=5)
OWNER = "maintainers of the flight_delays example"


def _copied(source: str, *fields: Field) -> tuple[Field, ...]:
    """Return fields that are copied from columns of the source, with this origin noted."""
    return tuple(replace(field, origin=f"{source}: {field.name}") for field in fields)


def _others(source: Source, *names: str) -> Iterator[Field]:
    """Return all fields of the source except these."""
    return (field for field in source.fields if field.name not in names)


def _made_of(origin: str, *fields: Field) -> tuple[Field, ...]:
    """Return fields that are computed from columns of a source, with this origin noted."""
    return tuple(replace(field, origin=origin) for field in fields)


SCHEDULED_FLIGHTS = FeatureGroup(
    name="scheduled_flights",
    version=1,
    entity_key=FLIGHT_KEY,
    fields=(
        *_copied("schedules", *FLIGHT_FIELDS, DEST, TAILNUM),
        *_copied("schedules", Field("scheduled_departure", T.TimestampType(), "scheduled departure, UTC")),
        *_made_of(
            "schedules: scheduled_departure",
            Field("scheduled_hour", T.IntegerType(), "hour of the scheduled departure in New York, 0 to 23", "hours"),
            Field("scheduled_weekday", T.IntegerType(), "weekday of the departure in New York, 1 is Monday", "days"),
        ),
        *_copied("schedules", Field("distance_miles", T.DoubleType(), "distance between the airports", "miles")),
        *_made_of(
            "schedules: origin, scheduled_departure",
            Field("congestion", T.IntegerType(), "flights scheduled from the origin in the same local hour", "flights"),
        ),
    ),
    description="Flights to predict: one row a scheduled flight, event_time two hours before its scheduled departure",
    subject="tailnum",
    history="all",
    owner=OWNER,
)

# What can become of a departure.
ON_TIME, LATE, CANCELLED = "on time", "late", "cancelled"

FIRST_DEPARTURE_OUTCOMES = FeatureGroup(
    name="departure_outcomes",
    version=1,
    entity_key=FLIGHT_KEY,
    fields=(
        *_copied("movements", *FLIGHT_FIELDS, DEST, TAILNUM),
        *_made_of(
            "movements: kind, delay_minutes",
            Field("delayed", T.IntegerType(), "1 if the flight left 15 minutes late or later, or was cancelled; else 0"),
            Field("departure_delay_minutes", T.DoubleType(), "delay of the departure; NULL if cancelled", "minutes"),
            Field("cancelled", T.IntegerType(), "1 if the flight was cancelled; else 0"),
        ),
    ),
    description="How flights left, known once they departed or were cancelled; event_time as in scheduled_flights",
    subject="tailnum",
    owner=OWNER,
)

DEPARTURE_OUTCOMES = replace(
    FIRST_DEPARTURE_OUTCOMES,
    version=2,
    fields=(
        *FIRST_DEPARTURE_OUTCOMES.fields,
        *_made_of(
            "movements: kind, delay_minutes",
            Field("departure", T.StringType(), f"what became of it: {ON_TIME!r}, {LATE!r} (15 minutes or more) or {CANCELLED!r}"),
        ),
    ),
)

ORIGIN_WEATHER = FeatureGroup(
    name="origin_weather",
    version=1,
    entity_key=("origin",),
    fields=_copied("weather", *_others(WEATHER, "observed_hour", "published_at")),
    description="Hourly weather at the origin; event_time is the start of the hour, known 15 minutes after its end",
    owner=OWNER,
)

MOVEMENTS = FeatureGroup(
    name="movements",
    version=1,
    entity_key=(*FLIGHT_KEY, "kind"),
    fields=_copied("movements", *_others(sources.MOVEMENTS, "happened_at", "known_at")),
    description="Departures, arrivals and cancellations as the feed sent them; event_time is when they happened",
    subject="tailnum",
    history="all",
    delay=MOVEMENT_DELAY,
    owner=OWNER,
)

AIRCRAFT_TURNAROUNDS = FeatureGroup(
    name="aircraft_turnarounds",
    version=1,
    entity_key=("tailnum",),
    fields=(
        *_copied("movements", TAILNUM),
        *_made_of(
            "movements: kind, known_at, happened_at",
            Field(
                "turnaround_minutes",
                T.DoubleType(),
                "from a landing to the next departure from New York; the flight back to New York is in it, because the data has "
                "only flights from New York",
                "minutes",
            ),
        ),
    ),
    description="Departures of aircraft that landed in the two days before; event_time is the departure",
    subject="tailnum",
    history="all",
    owner=OWNER,
)

PLANE_ATTRIBUTES = FeatureGroup(
    name="planes",
    version=1,
    entity_key=("tailnum",),
    fields=_copied("planes", *_others(PLANES, "published_at")),
    description="Attributes of aircraft from the register, known before the year began",
    subject="tailnum",
    owner=OWNER,
)
