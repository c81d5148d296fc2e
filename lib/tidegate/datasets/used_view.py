"""What the use of a feature view for a dataset or a batch begins with: its definition is held to, and its people are entered."""

from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_definition import view_definition
from tidegate.datasets.view_people import map_view
from tidegate.datasets.view_rows import Snapshot, current_snapshot
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.tables.definitions import require_definitions
from tidegate.tables.store import Store


def snapshot_for_use(store: Store, view: FeatureView, rows: FeatureGroup) -> Snapshot:
    """Return the newest versions of the groups that a view reads, once the view may be used.

    Args:
        store: The store.
        view: The view.
        rows: The group whose rows get the features: the view's spine or its labels.

    Raises:
        MissingGroupError: A group was never written; the view is not recorded then, so that it may still be changed.
        ChangedDefinitionError: The view was changed, and its version was not.
    """
    groups = (rows, *view.groups)
    current_snapshot(store, groups)
    require_definitions(store, [view_definition(view)])
    # Entering people into the map may give a table a new version, so the versions are taken afterwards.
    map_view(store, view)
    return current_snapshot(store, groups)
