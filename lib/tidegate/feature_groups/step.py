"""How a feature group is computed from its sources."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame

from tidegate.feature_groups.definition import FeatureGroup
from tidegate.period import Period


@dataclass(frozen=True)
class FeatureStep:
    """One feature group with the transformation that computes it.

    Attributes:
        group: The feature group that is written.
        sources: Names of the sources the transformation reads.
        build: Source frames and period in, exactly the period's rows out; no action, clock or session inside.
        warm_up_days: Days of the sources before the period that the transformation looks back on.
    """

    group: FeatureGroup
    sources: tuple[str, ...]
    build: Callable[[Mapping[str, DataFrame], Period], DataFrame]
    warm_up_days: int = 0
