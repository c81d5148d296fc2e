"""Check that the stored tables still have what a feature view reads."""

from tidegate.datasets.columns_read import columns_read
from tidegate.datasets.view import FeatureView
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.schema import same_type
from tidegate.tables.create import table_exists
from tidegate.tables.find import find_tables
from tidegate.tables.read import table_state
from tidegate.tables.store import Store
from tidegate.tables.widening import can_widen


def missing_columns(store: Store, view: FeatureView) -> list[str]:
    """Return one text for each table or column that a view reads and that is gone or has another type. No job starts.

    A column whose type was widened in place holds every value that it held before, so it can be read.
    """
    read = columns_read(view)
    return [text for group in view.stored_groups for text in _missing_of(store, group, read[group])]


def _missing_of(store: Store, group: FeatureGroup, names: tuple[str, ...]) -> list[str]:
    path = store.layout.feature_group(group.full_name)
    if not table_exists(store.spark, path):
        there = find_tables(store.spark, store.layout.feature_group(""))
        return [f"feature group {group.full_name} has no table (feature groups there: {', '.join(there) or 'none'})"]
    stored = {field.name: field.dataType for field in table_state(store.spark, path).schema.fields}
    declared = {field.name: field.dataType for field in group.stored_schema.fields}
    found = []
    for name in names:
        kind = declared[name]
        if name not in stored:
            columns = ", ".join(each for each in stored if each in group.field_names)
            found.append(f"feature group {group.full_name} has no column {name} any more (columns there: {columns})")
        elif not same_type(stored[name], kind) and not can_widen(kind, stored[name]):
            shown = f"is {stored[name].simpleString()} in its table, but the view reads {kind.simpleString()}"
            found.append(f"column {name} of feature group {group.full_name} {shown}")
    return found
