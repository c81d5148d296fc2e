"""The models of the flight system: four questions about the same flights, of four kinds."""

from tidegate import (
    Binary,
    BoostedTrees,
    Count,
    LinearRegression,
    LogisticRegression,
    Model,
    ModelColumns,
    Multiclass,
    PoissonRegression,
    RandomForest,
    Regression,
    SeasonalNaive,
)
from tidegate_examples.flight_delays.groups import CANCELLED, LATE, ON_TIME
from tidegate_examples.flight_delays.hourly import HOURLY_DEPARTURES
from tidegate_examples.flight_delays.view import CATEGORICAL, DEPARTURE_DELAY, NUMERIC

NAME = "flight_delays"
READ = ModelColumns(CATEGORICAL, NUMERIC)
CARRIED = ("scheduled_departure",)

# How likely is a delay of 15 minutes or more, or a cancellation?
DELAYED = Model(
    name=NAME,
    view=DEPARTURE_DELAY,
    task=Binary(),
    estimators=(BoostedTrees(), LogisticRegression()),
    target="delayed",
    columns=READ,
    carried=CARRIED,
    day="flight_date",
)
# How many minutes late does a flight leave? A cancelled flight has no answer.
DELAY_MINUTES = Model(
    name="delay_minutes",
    view=DEPARTURE_DELAY,
    task=Regression(),
    estimators=(BoostedTrees(), LinearRegression()),
    target="departure_delay_minutes",
    columns=READ,
    carried=CARRIED,
    day="flight_date",
    may_lack=0.5,
)
# On time, late or cancelled?
DEPARTURE = Model(
    name="departure",
    view=DEPARTURE_DELAY,
    task=Multiclass((ON_TIME, LATE, CANCELLED)),
    estimators=(RandomForest(), LogisticRegression()),
    target="departure",
    columns=READ,
    carried=CARRIED,
    day="flight_date",
)
# How many flights leave an airport in each hour of the next day?
DEPARTURES_AN_HOUR = Model(
    name="departures_an_hour",
    view=HOURLY_DEPARTURES,
    task=Count(),
    estimators=(PoissonRegression(), SeasonalNaive("departures_1w_before")),
)
MODELS = (DELAYED, DELAY_MINUTES, DEPARTURE, DEPARTURES_AN_HOUR)
