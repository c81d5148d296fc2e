"""Write the landing files of a system whose data comes in a Python package instead of a delivery."""

from tidegate.commands.opening.context import Context
from tidegate.period import Period
from tidegate.progress import timed_step


def land(context: Context, period: Period, landing: str | None) -> float:
    """Write the period's missing landing files, warm-up included, unless the user named a landing zone; return seconds."""
    if context.system.land is None or landing is not None:
        return 0.0
    with timed_step("landing files") as step:
        warm_up = max(step.warm_up_days for step in context.system.features.steps)
        context.system.land(context.store.spark, context.landing(None), period.with_warm_up(warm_up))
    return step.seconds
