"""Flight delays: predict two hours before departure how likely a delay of 15 minutes or more, or a cancellation, is."""

from tidegate import Binary, BoostedTrees, LogisticRegression, Model, ModelColumns, PageInputs, System
from tidegate_examples.flight_delays.dashboard import write_dashboard
from tidegate_examples.flight_delays.landing import land
from tidegate_examples.flight_delays.sources import ZONE
from tidegate_examples.flight_delays.steps import FEATURE_STEPS
from tidegate_examples.flight_delays.view import CATEGORICAL, DEPARTURE_DELAY, NUMERIC

NAME = "flight_delays"


def write_page(inputs: PageInputs) -> None:
    """Write the dashboard page of the model that says how likely a delay is."""
    shown = inputs.models[NAME]
    assert shown.outcomes is not None, "the labels of this view are stored"
    write_dashboard(shown.predictions, shown.outcomes, shown.metrics, inputs.path, inputs.generated_at, shown.note)


DELAYED = Model(
    name=NAME,
    view=DEPARTURE_DELAY,
    task=Binary(),
    estimators=(BoostedTrees(), LogisticRegression()),
    columns=ModelColumns(CATEGORICAL, NUMERIC),
    carried=("scheduled_departure",),
    day="flight_date",
)


SYSTEM = System(
    name=NAME,
    description="Two hours before departure: how likely is a delay of 15 minutes or more, or a cancellation?",
    zone=ZONE,
    steps=FEATURE_STEPS,
    models=(DELAYED,),
    land=land,
    write_page=write_page,
)
