"""Find tables of the store that its map of subjects lacks, by the definitions, the manifests and what the tables record."""

from tidegate.feature_groups.evolution.difference import ROLES_PROPERTY
from tidegate.maintenance.definitions import Definitions
from tidegate.quarantine.table import SCHEMA as HELD_ROWS
from tidegate.subjects.table_map import FEATURE_GROUP, PREDICTION_TABLE, QUARANTINE, TRAINING_DATASET, MappedTable
from tidegate.tables.create import table_exists
from tidegate.tables.find import find_tables
from tidegate.tables.layout import FOLDERS, LANDING
from tidegate.tables.read import read_table, table_state
from tidegate.tables.store import Store


def missing_entries(definitions: Definitions, store: Store, known: list[MappedTable]) -> list[MappedTable]:
    """Return an entry, without subject columns, for each table of the store that the map lacks.

    A table is recognised by a definition, a manifest, or its own properties and columns. If nothing shows that a table belongs to
    the store, it gets no entry and counts as foreign.

    Args:
        definitions: The definitions that are known of the store's tables.
        store: The store.
        known: The entries of the map.
    """
    mapped = {entry.path for entry in known}
    unknown = [path for path in find_tables(store.spark, store.layout.root, leave_out=(LANDING,)) if path not in mapped]
    in_folders = [path for path in unknown if path.split("/")[0] in FOLDERS]
    datasets = _datasets(store) if any(path.startswith("training_datasets/") for path in in_folders) else set()
    found = []
    for path in in_folders:
        folder, *names = path.split("/")
        state = table_state(store.spark, store.layout.absolute(path))
        is_group = ROLES_PROPERTY in state.properties or "/".join(names) in definitions.groups_by_name
        kinds = {
            "feature_groups": FEATURE_GROUP if len(names) == 1 and is_group else None,
            "training_datasets": TRAINING_DATASET if len(names) == 2 and names[-1] in datasets else None,
            "predictions": PREDICTION_TABLE if names in [[table.name] for table in definitions.predictions] else None,
            "quarantine": QUARANTINE if len(names) == 1 and set(HELD_ROWS.names) <= set(state.schema.names) else None,
        }
        kind = kinds.get(folder)
        if kind is not None:
            found.append(MappedTable(path, kind))
    return found


def _datasets(store: Store) -> set[str]:
    """Return the ids of all training datasets that have a manifest. They are a few thousand at most."""
    if not table_exists(store.spark, store.layout.manifests):
        return set()
    return {row["dataset_id"] for row in read_table(store.spark, store.layout.manifests).select("dataset_id").collect()}
