"""The order of steps: after those that compute what a step reads."""

from collections.abc import Iterable

from tidegate.declared_names import require_distinct
from tidegate.errors import DefinitionError
from tidegate.feature_groups.steps.feature_step import FeatureStep


def in_order(steps: Iterable[FeatureStep]) -> list[FeatureStep]:
    """Return steps in an order in which each comes after those that compute its inputs.

    Raises:
        DefinitionError: Two steps compute the same group, or steps need each other.
    """
    given = list(steps)
    require_distinct((step.group.full_name for step in given), "steps: feature groups", "one step computes a feature group")
    waiting = {step.group.full_name: step for step in given}
    ordered: list[FeatureStep] = []
    while waiting:
        ready = [name for name, step in waiting.items() if not any(read.group.full_name in waiting for read in step.reads)]
        if not ready:
            raise DefinitionError(f"the steps of {', '.join(sorted(waiting))} need each other's rows; remove one of the inputs.")
        ordered += [waiting.pop(name) for name in ready]
    return ordered
