"""Flight delays: predict two hours before departure how likely a delay of 15 minutes or more, or a cancellation, is."""

from tidegate import PageInputs, System
from tidegate_examples.flight_delays.dashboard import write_dashboard
from tidegate_examples.flight_delays.landing import land
from tidegate_examples.flight_delays.models import MODELS, NAME
from tidegate_examples.flight_delays.sources import ZONE
from tidegate_examples.flight_delays.steps import FEATURE_STEPS


def write_page(inputs: PageInputs) -> None:
    """Write the dashboard page of the model that says how likely a delay is, once it has predictions."""
    shown = inputs.models.get(NAME)
    if shown is not None and shown.outcomes is not None:
        write_dashboard(shown.predictions, shown.outcomes, shown.metrics, inputs.path, inputs.generated_at, shown.note)


SYSTEM = System(
    name=NAME,
    description="Two hours before departure: how likely is a delay of 15 minutes or more, or a cancellation?",
    zone=ZONE,
    steps=FEATURE_STEPS,
    models=MODELS,
    land=land,
    write_page=write_page,
)
