"""How far computed feature groups are loaded: as far as the inputs from which they were computed."""

from collections.abc import Sequence

from tidegate.feature_groups.loaded_until import Load, loaded_until
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.pipelines.run_step import StepResult
from tidegate.tables.read import current_version
from tidegate.tables.store import Store


def computed_until(store: Store, computed: Sequence[tuple[FeatureStep, StepResult]]) -> list[Load]:
    """Return how far groups are loaded after a run: each as far as the input that reaches least far.

    The moments of the inputs count as they were at the versions that the steps have read. One job reads the records of all
    groups.

    Args:
        store: The store. How far its loaded groups reach is recorded.
        computed: The steps over stored rows of the run with their results, each after those that it reads.

    Returns:
        A load for each group whose moment was not recorded yet. A group with an input of which nobody knows the moment has none.
    """
    groups = {read.group.full_name: read.group for step, _ in computed for read in step.reads}
    groups |= {step.group.full_name: step.group for step, _ in computed}
    read: dict[str, int] = {}
    for _, result in computed:
        for name, version in result.inputs.items():
            read[name] = min(version, read.get(name, version))
    written = {result.group: current_version(store.spark, store.layout.feature_group(result.group)) for _, result in computed}
    moments, loads = loaded_until(store, groups.values(), {**read, **written}), []
    for step, result in computed:
        known = [moment for each in step.reads if (moment := moments[each.group.full_name]) is not None]
        if len(known) == len(step.reads) and moments[result.group] != min(known):
            moments[result.group] = min(known)
            loads.append(Load(result.group, "look", min(known), written[result.group], source=f"step of {result.group}"))
    return loads
