"""The feature steps, one module each: a step turns source frames into the rows of one feature group for a period."""

from tidegate import FeatureStep
from tidegate_examples.flight_delays import groups
from tidegate_examples.flight_delays.steps import (
    aircraft_turnarounds,
    departure_outcomes,
    movements,
    origin_weather,
    plane_attributes,
    scheduled_flights,
)

FEATURE_STEPS = (
    FeatureStep(groups.SCHEDULED_FLIGHTS, ("schedules",), scheduled_flights.build),
    FeatureStep(groups.DEPARTURE_OUTCOMES, ("movements",), departure_outcomes.build),
    FeatureStep(groups.ORIGIN_WEATHER, ("weather",), origin_weather.build),
    FeatureStep(groups.MOVEMENTS, ("movements",), movements.build),
    FeatureStep(groups.AIRCRAFT_TURNAROUNDS, ("movements",), aircraft_turnarounds.build, aircraft_turnarounds.WARM_UP_DAYS),
    FeatureStep(groups.PLANE_ATTRIBUTES, ("planes",), plane_attributes.build),
)

__all__ = ["FEATURE_STEPS"]
