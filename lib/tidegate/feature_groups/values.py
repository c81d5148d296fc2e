"""What a row says about its event, in a form that can be compared."""

from tidegate.feature_groups.definition import TOMBSTONE, FeatureGroup
from tidegate.schema import comparable, named_struct, quoted


def row_values(group: FeatureGroup, row: str = "") -> str:
    """Return SQL of the features of a row and whether it is a tombstone, as one struct; equal for rows that say the same.

    Args:
        group: The feature group.
        row: The struct column that holds the row, with a point behind it; without it the row's columns stand alone.
    """
    fields = [field for field in group.fields if field.name in group.feature_names]
    features = [(field.name, comparable(f"{row}{quoted(field.name)}", field.type)) for field in fields]
    return named_struct([(TOMBSTONE, f"{row}{TOMBSTONE}"), *features])
