"""The values of a row in a form that can be compared."""

from tidegate.feature_groups.definition import TOMBSTONE, FeatureGroup
from tidegate.schema import comparable, named_struct, quoted


def row_values(group: FeatureGroup, row: str = "") -> str:
    """Return SQL of a struct with the features of a row and whether it is a tombstone. Two rows have equal values if it is equal.

    Args:
        group: The feature group.
        row: The name of the struct column that contains the row, with a dot at its end. Empty if the features are top-level
            columns.
    """
    fields = [field for field in group.fields if field.name in group.feature_names]
    features = [(field.name, comparable(f"{row}{quoted(field.name)}", field.type)) for field in fields]
    return named_struct([(TOMBSTONE, f"{row}{TOMBSTONE}"), *features])
