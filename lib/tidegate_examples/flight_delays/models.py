"""The models of the flight system: questions of five kinds about the same flights."""

from tidegate import (
    Binary,
    BoostedTrees,
    Conformal,
    Count,
    LinearRegression,
    LogisticRegression,
    Model,
    ModelColumns,
    Multiclass,
    PoissonRegression,
    Quantiles,
    RandomForest,
    Regression,
    SeasonalNaive,
    XGBoost,
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
    estimators=(BoostedTrees(), LogisticRegression(), XGBoost()),
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
    estimators=(BoostedTrees(), LinearRegression(), XGBoost()),
    target="departure_delay_minutes",
    columns=READ,
    carried=CARRIED,
    day="flight_date",
    may_lack=0.5,
)
# Between which minutes does it leave, four times in five?
DELAY_RANGE = Model(
    name="delay_range",
    view=DEPARTURE_DELAY,
    task=Quantiles((0.1, 0.5, 0.9)),
    estimators=(Conformal(BoostedTrees()), XGBoost()),
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
    estimators=(RandomForest(), LogisticRegression(), XGBoost()),
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
    estimators=(PoissonRegression(), SeasonalNaive("departures_1w_before"), XGBoost()),
)
MODELS = (DELAYED, DELAY_MINUTES, DELAY_RANGE, DEPARTURE, DEPARTURES_AN_HOUR)
