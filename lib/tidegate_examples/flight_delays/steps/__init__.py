"""The steps of the features. Those without a transformation copy the rows of their source."""

from tidegate import FeatureStep, OlderVersion, reads
from tidegate_examples.flight_delays import groups, sources
from tidegate_examples.flight_delays.steps import aircraft_turnarounds, departure_outcomes, scheduled_flights

FEATURE_STEPS = (
    FeatureStep(
        groups.SCHEDULED_FLIGHTS, (reads(sources.SCHEDULES, after=scheduled_flights.LOOK_AHEAD),), scheduled_flights.build
    ),
    FeatureStep(
        groups.DEPARTURE_OUTCOMES,
        (sources.MOVEMENTS,),
        departure_outcomes.build,
        older=OlderVersion(groups.FIRST_DEPARTURE_OUTCOMES, departure_outcomes.with_departure),
    ),
    FeatureStep(groups.ORIGIN_WEATHER, (sources.WEATHER,)),
    FeatureStep(groups.MOVEMENTS, (sources.MOVEMENTS,)),
    FeatureStep(
        groups.AIRCRAFT_TURNAROUNDS,
        (reads(groups.MOVEMENTS, before=aircraft_turnarounds.LONGEST_TURNAROUND),),
        aircraft_turnarounds.build,
    ),
    FeatureStep(groups.PLANE_ATTRIBUTES, (sources.PLANES,)),
)

__all__ = ["FEATURE_STEPS"]
