"""How a feature group is computed from its sources."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyspark.sql import DataFrame

from tidegate.declared_names import require_distinct
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.feature_groups.computed_rows import computed_rows
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.period import Period


@dataclass(frozen=True)
class OlderVersion:
    """An older version of a group, and how each of its rows is written in the newer one.

    Attributes:
        group: The older version; its table stays as it is, and can be fed on.
        map_rows: Every observation of the older version in (its fields, event_time, available_at, and `_tombstone`, where all
            features are NULL), the newer version's out; row by row, since it gets some days at a time.
    """

    group: FeatureGroup
    map_rows: Callable[[DataFrame], DataFrame]

    def __post_init__(self) -> None:
        require_declared_types(self)


@dataclass(frozen=True)
class FeatureStep:
    """One feature group with the transformation that computes it.

    Attributes:
        group: The feature group that is written.
        sources: Names of the sources the transformation reads.
        build: Source frames and period in, exactly the period's rows out; no action, clock or session inside.
        warm_up_days: Days of the sources before the period that the transformation looks back on.
        older: An older version of the group that this one can be filled from, where that serves better than the sources.

    Raises:
        DefinitionError: An attribute is of another type than declared, a source is named twice, the warm-up is negative, or the
            older version is another group, isn't older, or has a column that names a person and doesn't here.
    """

    group: FeatureGroup
    sources: tuple[str, ...]
    build: Callable[[Mapping[str, DataFrame], Period], DataFrame]
    warm_up_days: int = 0
    older: OlderVersion | None = None

    def __post_init__(self) -> None:
        require_declared_types(self)
        where = f"the step of feature group {self.group.full_name}"
        require_distinct(self.sources, f"{where}: sources", "name each source once")
        if self.warm_up_days < 0:
            raise DefinitionError(f"{where}: warm_up_days is {self.warm_up_days}; give 0 or more days before the period.")
        older = self.older.group if self.older else None
        if older is not None and (older.name != self.group.name or older.version >= self.group.version):
            raise DefinitionError(
                f"feature group {self.group.full_name}: {older.full_name} is no older version of it; name one of "
                f"{self.group.name!r} below {self.group.version}."
            )
        forgotten = [name for name in older.subjects if name in self.group.field_names] if older else []
        unnamed = [name for name in forgotten if name not in self.group.subjects]
        if older is not None and unnamed:
            raise DefinitionError(
                f"feature group {self.group.full_name}: {', '.join(unnamed)} names a person in {older.full_name}, and is no "
                f"subject here; people in it could not be forgotten. Declare subject={older.subject!r}."
            )


def step_rows(step: FeatureStep, sources: Mapping[str, DataFrame], period: Period) -> DataFrame:
    """Return the rows that a step computes for a period.

    Raises:
        TransformationError: Its code names a column that its sources don't have, or returns no rows.
    """
    return computed_rows(lambda: step.build(sources, period), f"the step of feature group {step.group.full_name}")
