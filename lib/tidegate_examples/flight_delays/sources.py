"""The landing files of the flight feed, with the meaning of each column."""

from pyspark.sql import types as T

from tidegate import Csv, Field, Source

ZONE = "America/New_York"
ORIGINS = ("EWR", "JFK", "LGA")
FLIGHT_KEY = ("flight_date", "carrier", "flight", "origin")

CARRIER = Field("carrier", T.StringType(), "two-letter code of the airline")
ORIGIN = Field("origin", T.StringType(), "airport of departure: EWR, JFK or LGA")
FLIGHT_FIELDS = (
    Field("flight_date", T.DateType(), "New York calendar day of the scheduled departure"),
    CARRIER,
    Field("flight", T.IntegerType(), "flight number of the airline"),
    ORIGIN,
)
DEST = Field("dest", T.StringType(), "airport of arrival")
TAILNUM = Field("tailnum", T.StringType(), "registration of the aircraft; it can name a private owner")
PUBLISHED_AT = Field("published_at", T.TimestampType(), "when the feed sent the row, UTC")

SCHEDULES = Source(
    name="schedules",
    fields=(
        *FLIGHT_FIELDS,
        DEST,
        TAILNUM,
        Field("scheduled_departure", T.TimestampType(), "scheduled departure, UTC"),
        Field("scheduled_arrival", T.TimestampType(), "scheduled arrival, UTC"),
        Field("distance_miles", T.DoubleType(), "distance between the airports", "miles"),
        PUBLISHED_AT,
    ),
    format=Csv(),
    key=FLIGHT_KEY,
    event_time="scheduled_departure",
    available_at="published_at",
    by_day=True,
    zone=ZONE,
    subject="tailnum",
    required=(*FLIGHT_KEY, "dest", "scheduled_departure", "published_at"),
)

MOVEMENTS = Source(
    name="movements",
    fields=(
        *FLIGHT_FIELDS,
        TAILNUM,
        DEST,
        Field("kind", T.StringType(), "departed, arrived or cancelled"),
        Field("happened_at", T.TimestampType(), "when it happened, UTC; a cancellation: the scheduled departure"),
        Field("delay_minutes", T.DoubleType(), "against the schedule; early is negative, cancelled is NULL", "minutes"),
        Field("known_at", T.TimestampType(), "when the feed sent the row, UTC"),
    ),
    format=Csv(),
    key=(*FLIGHT_KEY, "kind"),
    event_time="happened_at",
    available_at="known_at",
    by_day=True,
    zone=ZONE,
    subject="tailnum",
    required=(*FLIGHT_KEY, "kind", "dest", "happened_at", "known_at"),
)

WEATHER = Source(
    name="weather",
    fields=(
        Field("origin", T.StringType(), "airport where it was observed"),
        Field("observed_hour", T.TimestampType(), "start of the observed hour, UTC"),
        Field("temperature_f", T.DoubleType(), "air temperature", "degrees Fahrenheit"),
        Field("dew_point_f", T.DoubleType(), "dew point", "degrees Fahrenheit"),
        Field("humidity_percent", T.DoubleType(), "relative humidity", "percent"),
        Field("wind_direction_degrees", T.DoubleType(), "direction the wind comes from", "degrees"),
        Field("wind_speed_mph", T.DoubleType(), "wind speed", "miles per hour"),
        Field("precipitation_inches", T.DoubleType(), "precipitation in the hour", "inches"),
        Field("pressure_millibars", T.DoubleType(), "sea level pressure", "millibars"),
        Field("visibility_miles", T.DoubleType(), "visibility", "miles"),
        PUBLISHED_AT,
    ),
    format=Csv(),
    key=("origin",),
    event_time="observed_hour",
    available_at="published_at",
    by_day=True,
    zone=ZONE,
    required=("origin", "observed_hour", "published_at"),
)

PLANES = Source(
    name="planes",
    fields=(
        TAILNUM,
        Field("year_built", T.IntegerType(), "year of manufacture"),
        Field("type", T.StringType(), "kind of aircraft"),
        Field("manufacturer", T.StringType(), "name of the manufacturer"),
        Field("model", T.StringType(), "model of the manufacturer"),
        Field("engines", T.IntegerType(), "number of engines"),
        Field("seats", T.IntegerType(), "number of seats"),
        Field("engine", T.StringType(), "kind of engine"),
        PUBLISHED_AT,
    ),
    format=Csv(),
    key=("tailnum",),
    event_time="published_at",
    available_at="published_at",
    subject="tailnum",
    required=("tailnum", "published_at"),
)
