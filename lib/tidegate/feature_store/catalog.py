"""`FeatureStore.catalog`: the features of a store, their statistics, and the evolution of their tables."""

from collections.abc import Callable, Sequence
from datetime import datetime

from pyspark.sql import DataFrame

from tidegate.clear_errors import with_clear_errors
from tidegate.feature_groups.catalog.features_table import find_features
from tidegate.feature_groups.catalog.statistics_table import statistics_frame
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.evolution.difference import Evolution
from tidegate.feature_groups.evolution.evolve import evolve_group
from tidegate.feature_groups.loaded_until import loaded_until
from tidegate.tables.store import Store


@with_clear_errors
class Catalog:
    """Methods to find the features of a store, read their statistics, and evolve their tables.

    Args:
        opened: Returns the store after the format of its root was checked.
    """

    def __init__(self, opened: Callable[[], Store]) -> None:
        self._opened = opened

    def find(self, text: str = "", history: bool = False) -> DataFrame:
        """Return the features in the catalog that match every word of a text.

        Args:
            text: Words to search for in name, meaning, group, unit, origin and owner; empty: all features.
            history: Return every recorded change of these features: when it was recorded, the code, and the meaning.

        Raises:
            MissingCatalogError: The store has no catalog yet.
        """
        return find_features(self._opened(), text, history)

    def loaded_until(self, groups: Sequence[FeatureGroup]) -> dict[str, datetime | None]:
        """Return how far feature groups are loaded: the moment up to which all that was known has been loaded, by full name.

        The moment lies on the axis of `available_at`. None means that no load has recorded it yet.

        Args:
            groups: The feature groups.
        """
        return loaded_until(self._opened(), groups)

    def statistics(self, group: FeatureGroup | None = None) -> DataFrame:
        """Return the statistics of each feature in each commit: count, NULL share, extremes, quantiles and frequent values.

        Personal columns have no statistics. The frame is empty if nothing was recorded yet.

        Args:
            group: Only the features of this group; None: of all groups.
        """
        return statistics_frame(self._opened(), group)

    def evolve(self, group: FeatureGroup) -> Evolution:
        """Add the new columns and wider types of a group's definition to its table; stored rows have NULL in new columns.

        Raises:
            NewVersionNeededError: The table can't be changed to fit the definition.
        """
        return evolve_group(self._opened(), group)
