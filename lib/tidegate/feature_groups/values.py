"""What a row says about its event, in a form that can be compared."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import TOMBSTONE, FeatureGroup
from tidegate.schema import comparable


def row_values(group: FeatureGroup) -> Column:
    """Return the features of a row and whether it is a tombstone, as one struct; equal for rows that say the same."""
    features = [
        comparable(F.col(field.name), field.type).alias(field.name) for field in group.fields if field.name in group.feature_names
    ]
    return F.struct(F.col(TOMBSTONE), *features)
