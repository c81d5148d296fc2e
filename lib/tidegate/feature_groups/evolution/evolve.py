"""Change the table of a feature group so that it fits its definition."""

from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.evolution.difference import Evolution
from tidegate.feature_groups.storage import group_evolution
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.evolve import evolve_table
from tidegate.tables.store import Store


def evolve_group(store: Store, group: FeatureGroup) -> Evolution:
    """Add the new columns to a group's table, widen the types, and return the differences that it found before.

    Nothing happens if the table fits the definition or does not exist. No row is written: stored rows have NULL in new columns,
    and values that were rounded to a narrow type stay rounded. So if a stored batch is loaded again, now with values in the new
    columns, the store refuses it as contradicting. If past rows need values there, make a new version and backfill it.

    Raises:
        NewVersionNeededError: No change of the table can make it fit the definition. Nothing was changed.
    """
    path = store.layout.feature_group(group.full_name)
    evolution = group_evolution(store, group)
    evolution.require_possible()
    if evolution.action == "evolve":
        # One lock covers all changes: a batch of the old definition is either written before them or refused after them.
        with exclusive(store.spark, path):
            evolve_table(store.spark, path, group.stored_schema, evolution.properties)
    return evolution
