"""The evolution: change tables to what was added to their definitions, after checking that all of them can be changed."""

from collections.abc import Sequence

from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.evolution.difference import Evolution
from tidegate.feature_groups.evolution.evolve import evolve_group
from tidegate.feature_groups.storage import group_evolution
from tidegate.progress import timed_step
from tidegate.tables.runs import recorded_run
from tidegate.tables.store import Store


def run_evolution(store: Store, system: str, groups: Sequence[FeatureGroup]) -> tuple[Evolution, ...]:
    """Evolve the tables that differ from their groups' definitions, and return what was done.

    If it is killed, the next run evolves the tables that are left.

    Args:
        store: The store.
        system: Name of the system, for the run table.
        groups: The definitions of the feature groups.

    Raises:
        NewVersionNeededError: A table can't be changed to match its definition. No table was changed.
    """
    planned = [group_evolution(store, group) for group in groups]
    for evolution in planned:
        evolution.require_possible()
    due = [evolution for evolution in planned if evolution.action == "evolve"]
    if not due:
        return ()
    with recorded_run(store.spark, store.layout.runs, "evolve", system, ", ".join(each.group.full_name for each in due)) as run:
        done = []
        for evolution in due:
            with timed_step(f"evolve {evolution.group.full_name}") as step:
                done.append(evolve_group(store, evolution.group))
                step.summary = "; ".join((*evolution.changes, *evolution.upkeep))
            run.details[evolution.group.full_name] = step.summary
    return tuple(done)
