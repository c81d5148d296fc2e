"""Choose the steps of a run that loads one source only."""

from collections.abc import Iterable
from dataclasses import replace

from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.feature_groups.steps.order import in_order
from tidegate.feature_groups.steps.step_input import StepInput
from tidegate.pipelines.feature_pipeline import all_steps
from tidegate.sources.source import Source
from tidegate.tables.create import table_exists
from tidegate.tables.store import Store


def steps_of_source(store: Store, steps: Iterable[FeatureStep], source: Source) -> tuple[FeatureStep, ...]:
    """Return the steps that load a source, and the steps over stored rows that depend on it, directly or through other groups.

    The steps over stored rows read what is stored of other sources, so that no other source is loaded. A step is left out as long
    as one of its inputs has no table; it is computed by the first run in which all have one.

    Args:
        store: The store.
        steps: The steps of a system.
        source: The source to load.
    """
    ordered = in_order(all_steps(steps))
    chosen = [step for step in ordered if step.source == source]
    written = {step.group.full_name for step in chosen}
    for step in (step for step in ordered if step.source is None):
        inputs = {read.group.full_name for read in step.reads}
        if inputs & written and all(name in written or _exists(store, name) for name in inputs):
            groups = tuple(StepInput(read.group, read.before, read.after) for read in step.reads)
            chosen.append(replace(step, inputs=groups))
            written.add(step.group.full_name)
    return tuple(chosen)


def _exists(store: Store, group: str) -> bool:
    return table_exists(store.spark, store.layout.feature_group(group))
