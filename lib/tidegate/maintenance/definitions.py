"""The definitions that a maintenance knows in addition to the tables of a store."""

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.datasets.view import FeatureView
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.predictions.table import PredictionTable


@dataclass(frozen=True)
class Definitions:
    """The definitions of one system or of several.

    A table whose definition is not among them is known only by what the table itself records.

    Attributes:
        groups: The feature groups.
        views: The feature views.
        predictions: The prediction tables.
        steps: The steps that compute feature groups.
        landing: The folder with the landing zone of the system; None if it is not known.
    """

    groups: tuple[FeatureGroup, ...] = ()
    views: tuple[FeatureView, ...] = ()
    predictions: tuple[PredictionTable, ...] = ()
    steps: tuple[FeatureStep, ...] = ()
    landing: str | None = None

    @property
    def groups_by_name(self) -> Mapping[str, FeatureGroup]:
        """The feature groups by their full names, such as `planes_v1`."""
        return {group.full_name: group for group in self.groups}

    @property
    def views_by_name(self) -> Mapping[str, FeatureView]:
        """The feature views by their full names, such as `delays_v1`."""
        return {view.full_name: view for view in self.views}
