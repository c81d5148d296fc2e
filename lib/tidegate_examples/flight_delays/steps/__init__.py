"""The feature steps, one module each: a step turns source frames into the rows of one feature group for a period."""

from tidegate import FeatureStep
from tidegate_examples.flight_delays import groups
from tidegate_examples.flight_delays.steps import (
    aircraft_history,
    departure_outcomes,
    flight_histories,
    origin_traffic,
    origin_weather,
    plane_attributes,
    scheduled_flights,
)

FEATURE_STEPS = (
    FeatureStep(groups.SCHEDULED_FLIGHTS, ("schedules",), scheduled_flights.build),
    FeatureStep(groups.DEPARTURE_OUTCOMES, ("movements",), departure_outcomes.build),
    FeatureStep(groups.ORIGIN_WEATHER, ("weather",), origin_weather.build),
    FeatureStep(groups.AIRCRAFT_HISTORY, ("movements",), aircraft_history.build, aircraft_history.WARM_UP_DAYS),
    FeatureStep(groups.ORIGIN_TRAFFIC, ("movements",), origin_traffic.build, origin_traffic.WARM_UP_DAYS),
    FeatureStep(groups.CARRIER_HISTORY, ("movements",), flight_histories.build_carrier, flight_histories.WARM_UP_DAYS),
    FeatureStep(groups.ROUTE_HISTORY, ("movements",), flight_histories.build_route, flight_histories.WARM_UP_DAYS),
    FeatureStep(groups.PLANE_ATTRIBUTES, ("planes",), plane_attributes.build),
)

__all__ = ["FEATURE_STEPS"]
