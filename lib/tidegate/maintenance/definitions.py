"""What a maintenance knows of a store beside its tables: the definitions of a system."""

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.datasets.view import FeatureView
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.predictions.write import PredictionTable


@dataclass(frozen=True)
class Definitions:
    """Definitions, of one system or of several; what is not among them is told by the tables alone.

    Attributes:
        groups: Feature groups.
        views: Feature views.
        predictions: Prediction tables.
    """

    groups: tuple[FeatureGroup, ...] = ()
    views: tuple[FeatureView, ...] = ()
    predictions: tuple[PredictionTable, ...] = ()

    @property
    def groups_by_name(self) -> Mapping[str, FeatureGroup]:
        """The groups by name and version."""
        return {group.full_name: group for group in self.groups}

    @property
    def views_by_name(self) -> Mapping[str, FeatureView]:
        """The views by name and version."""
        return {view.full_name: view for view in self.views}
