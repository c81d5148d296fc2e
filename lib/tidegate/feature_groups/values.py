"""What a row says about its event, in a form that can be compared."""

from tidegate.feature_groups.definition import TOMBSTONE, FeatureGroup
from tidegate.schema import comparable, named_struct, quoted


def row_values(group: FeatureGroup) -> str:
    """Return SQL of the features of a row and whether it is a tombstone, as one struct; equal for rows that say the same."""
    fields = [field for field in group.fields if field.name in group.feature_names]
    features = [(field.name, comparable(quoted(field.name), field.type)) for field in fields]
    return named_struct([(TOMBSTONE, TOMBSTONE), *features])
