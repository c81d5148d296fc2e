"""tidegate: feature, training and inference pipelines through which no future value and no erased row can pass."""

from tidegate.datasets.view import FeatureChoice, FeatureView
from tidegate.errors import TidegateError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.step import FeatureStep
from tidegate.period import Period
from tidegate.schema import Field

__all__ = ["FeatureChoice", "FeatureGroup", "FeatureStep", "FeatureView", "Field", "Period", "TidegateError"]
