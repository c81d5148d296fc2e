"""FeatureStore, the class for notebooks and programs. Its methods call the same functions as the pipelines."""

from tidegate.feature_store.facade import FeatureStore
from tidegate.feature_store.models import PredictedModel, TrainedModel

__all__ = ["FeatureStore", "PredictedModel", "TrainedModel"]
