"""Migration from format 4 to 5: groups that are computed from stored rows keep every observation.

Their tables kept the newest observation of each event. A correction of an input would replace it, and the features of the event
would be missing for all earlier label times.
"""

from tidegate.feature_groups.evolution.difference import HISTORY_PROPERTY
from tidegate.maintenance.definitions import Definitions
from tidegate.tables.create import table_exists
from tidegate.tables.evolve import set_properties
from tidegate.tables.read import table_state
from tidegate.tables.store import Store


def keep_all_observations(definitions: Definitions, store: Store, dry_run: bool = False) -> list[str]:
    """Mark the tables of computed groups as tables with all observations. The stored rows and their available_at stay.

    Args:
        definitions: The definitions that are known. Only groups that a step computes from stored rows are changed.
        store: The store.
        dry_run: Change nothing and only return the lines.

    Returns:
        One line for each table that was changed, or that would be changed.
    """
    lines = []
    for step in definitions.steps:
        path = store.layout.feature_group(step.group.full_name)
        if step.source is not None or step.group.history != "all" or not table_exists(store.spark, path):
            continue
        if table_state(store.spark, path).properties.get(HISTORY_PROPERTY) == "latest":
            if not dry_run:
                set_properties(store.spark, path, {HISTORY_PROPERTY: "all"})
            lines.append(
                f"{store.layout.relative(path)}: keep all observations from now on; those that were replaced before are lost"
            )
    return lines
