"""Give a feature group's table what its definition added."""

from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.evolution.difference import Evolution
from tidegate.feature_groups.storage import group_evolution
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.evolve import evolve_table
from tidegate.tables.store import Store


def evolve_group(store: Store, group: FeatureGroup) -> Evolution:
    """Add the new columns, widen the types, and return what was done; nothing where there is nothing to do, or no table.

    No row is written: stored rows have NULL in new columns, and what a narrow type had rounded stays rounded. So a batch that
    is loaded again with values there contradicts what is stored; a past with values takes a new version and a backfill.

    Raises:
        NewVersionNeededError: The table can't become what the definition says; nothing was changed.
    """
    path = store.layout.feature_group(group.full_name)
    evolution = group_evolution(store, group)
    evolution.require_possible()
    if evolution.action == "evolve":
        # One holding of the lock: a batch of the old definition comes before all of it or is refused after.
        with exclusive(store.spark, path):
            evolve_table(store.spark, path, group.stored_schema, evolution.properties)
    return evolution
