"""Write the landing files of a system whose data comes in a Python package instead of a delivery."""

from tidegate.commands.opening.context import Context
from tidegate.period import Period
from tidegate.progress import timed_step


def land(context: Context, period: Period | None, landing: str | None) -> float:
    """Write the period's missing landing files, unless the user named a landing zone; return seconds.

    Without a period nothing is written: what was landed before is all that there is.
    """
    if context.system.land is None or landing is not None or period is None:
        return 0.0
    with timed_step("landing files") as step:
        context.system.land(context.store.spark, context.landing(None), period)
    return step.seconds
