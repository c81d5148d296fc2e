"""The feature groups of the flight system, with the meaning, origin and unit of each field."""

from collections.abc import Iterator
from dataclasses import replace

from pyspark.sql import types as T

from tidegate import CsvSource, FeatureGroup, Field
from tidegate_examples.flight_delays.sources import CARRIER, DEST, FLIGHT_FIELDS, FLIGHT_KEY, ORIGIN, PLANES, TAILNUM, WEATHER

OWNER = "maintainers of the flight_delays example"
TRAFFIC_HOURS = (1, 3, 24)
HISTORY_DAYS = (7, 28)


def _copied(source: str, *fields: Field) -> tuple[Field, ...]:
    """Return fields that are copied from columns of the source, with this origin noted."""
    return tuple(replace(field, origin=f"{source}: {field.name}") for field in fields)


def _others(source: CsvSource, *names: str) -> Iterator[Field]:
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
    owner=OWNER,
)

DEPARTURE_OUTCOMES = FeatureGroup(
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

ORIGIN_WEATHER = FeatureGroup(
    name="origin_weather",
    version=1,
    entity_key=("origin",),
    fields=_copied("weather", *_others(WEATHER, "observed_hour", "published_at")),
    description="Hourly weather at the origin; event_time is the start of the hour, known 15 minutes after its end",
    owner=OWNER,
)

AIRCRAFT_HISTORY = FeatureGroup(
    name="aircraft_history",
    version=1,
    entity_key=("tailnum",),
    fields=(
        *_copied("movements", TAILNUM),
        *_made_of(
            "movements: kind, known_at, delay_minutes",
            Field("last_departure_delay", T.DoubleType(), "delay of the last departure known within 7 days", "minutes"),
            Field("last_arrival_delay", T.DoubleType(), "delay of the last arrival known within 7 days", "minutes"),
        ),
        *_made_of(
            "movements: kind, known_at",
            Field("departures_24h", T.LongType(), "departures from New York known in the last 24 hours", "flights"),
        ),
        *_made_of(
            "movements: kind, known_at, happened_at",
            Field(
                "turnaround_minutes",
                T.DoubleType(),
                "from a landing to the next departure from New York, of the last departure within 7 days; the flight back "
                "to New York is in it, because the data has only flights from New York; NULL beyond 2 days",
                "minutes",
            ),
        ),
    ),
    description="What was known of an aircraft after each of its departures and arrivals",
    subject="tailnum",
    owner=OWNER,
)


def _traffic_fields(hours: int) -> tuple[Field, ...]:
    span = f"known in the last {hours} h"
    return _made_of(
        "movements: kind, known_at, delay_minutes",
        Field(f"origin_departures_{hours}h", T.LongType(), f"departures from the origin {span}", "flights"),
        Field(f"origin_mean_delay_{hours}h", T.DoubleType(), f"mean delay of the departures {span}", "minutes"),
        Field(f"origin_cancellations_{hours}h", T.LongType(), f"cancellations {span}", "flights"),
    )


def _history_fields(prefix: str, days: int) -> tuple[Field, ...]:
    span = f"known in the last {days} New York days"
    return _made_of(
        "movements: kind, known_at, delay_minutes",
        Field(f"{prefix}_departures_{days}d", T.LongType(), f"departures {span}", "flights"),
        Field(f"{prefix}_mean_delay_{days}d", T.DoubleType(), f"mean delay of the departures {span}", "minutes"),
        Field(f"{prefix}_share_delayed_{days}d", T.DoubleType(), f"share of departures {span} 15 or more minutes late"),
        Field(f"{prefix}_share_cancelled_{days}d", T.DoubleType(), f"share of flights {span} that were cancelled"),
    )


ORIGIN_TRAFFIC = FeatureGroup(
    name="origin_traffic",
    version=1,
    entity_key=("origin",),
    fields=(*_copied("movements", ORIGIN), *(field for hours in TRAFFIC_HOURS for field in _traffic_fields(hours))),
    description="Departures, delays and cancellations at the origin as known on every quarter of an hour",
    owner=OWNER,
)

CARRIER_HISTORY = FeatureGroup(
    name="carrier_history",
    version=1,
    entity_key=("carrier",),
    fields=(*_copied("movements", CARRIER), *(field for days in HISTORY_DAYS for field in _history_fields("carrier", days))),
    description="An airline's flights from New York as known at the end of each New York day",
    owner=OWNER,
)

ROUTE_HISTORY = FeatureGroup(
    name="route_history",
    version=1,
    entity_key=("origin", "dest"),
    fields=(*_copied("movements", ORIGIN, DEST), *(field for days in HISTORY_DAYS for field in _history_fields("route", days))),
    description="The flights between two airports as known at the end of each New York day",
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
