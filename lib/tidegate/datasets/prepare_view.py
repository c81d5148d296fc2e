"""The first step when a feature view is used: check its definition and enter its people into the map of subjects."""

from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_catalog import record_aggregates
from tidegate.datasets.view_definition import view_definition
from tidegate.datasets.view_people import map_view
from tidegate.datasets.view_rows import Snapshot, current_snapshot
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.tables.definitions import is_recorded, require_definitions
from tidegate.tables.store import Store


def snapshot_for_use(store: Store, view: FeatureView, rows: tuple[FeatureGroup, ...]) -> Snapshot:
    """Check and record the definition of a view, enter its people, and return its groups at their newest table versions.

    Args:
        store: The store.
        view: The view.
        rows: The groups of the rows that get the features: those of the spine or of the labels of the view.

    Raises:
        MissingGroupError: A group was never written. The view is not recorded then, so its definition may still be changed.
        ChangedDefinitionError: The definition of the view changed, but its version did not.
    """
    groups = (*rows, *view.groups)
    current_snapshot(store, groups)
    definition = view_definition(view)
    if not is_recorded(store, definition):
        # Before the definition, so that a driver that is killed in between does it again.
        record_aggregates(store, view)
    require_definitions(store, [definition])
    # `map_view` may give a table a new version, so the versions are read after it.
    map_view(store, view)
    return current_snapshot(store, groups, tuple(group for group in groups if group in view.aggregated_groups))
