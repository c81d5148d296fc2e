"""Flight delays: predict two hours before departure how likely a delay of 15 minutes or more, or a cancellation, is."""

from tidegate import InferencePipeline, ModelColumns, PageInputs, System, TrainingPipeline
from tidegate_examples.flight_delays.dashboard import write_dashboard
from tidegate_examples.flight_delays.landing import land
from tidegate_examples.flight_delays.sources import ZONE
from tidegate_examples.flight_delays.steps import FEATURE_STEPS
from tidegate_examples.flight_delays.view import CATEGORICAL, DEPARTURE_DELAY, NUMERIC

NAME = "flight_delays"


def write_page(inputs: PageInputs) -> None:
    """Write the dashboard page."""
    write_dashboard(inputs.predictions, inputs.outcomes, inputs.metrics, inputs.path, inputs.generated_at, inputs.note)


SYSTEM = System(
    name=NAME,
    description="Two hours before departure: how likely is a delay of 15 minutes or more, or a cancellation?",
    zone=ZONE,
    steps=FEATURE_STEPS,
    training=TrainingPipeline(NAME, DEPARTURE_DELAY, NAME, ModelColumns(CATEGORICAL, NUMERIC), day="flight_date"),
    inference=InferencePipeline(NAME, DEPARTURE_DELAY, NAME, carried=("scheduled_departure",)),
    land=land,
    write_page=write_page,
)
