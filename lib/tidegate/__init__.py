"""tidegate: feature, training and inference pipelines through which no future value and no erased row can pass."""

from tidegate.datasets.view import FeatureChoice, FeatureView
from tidegate.errors import TidegateError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.step import FeatureStep
from tidegate.period import Period
from tidegate.schema import Field, require_columns
from tidegate.text_files import write_text

__all__ = [
    "FeatureChoice",
    "FeatureGroup",
    "FeatureStep",
    "FeatureView",
    "Field",
    "Period",
    "TidegateError",
    "require_columns",
    "write_text",
]
