"""FeatureStore, the class for notebooks and programs. Its methods call the same functions as the pipelines."""

from tidegate.feature_store.facade import FeatureStore

__all__ = ["FeatureStore"]
