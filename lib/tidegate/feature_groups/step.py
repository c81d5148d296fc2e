"""A step: how a feature group is computed from its sources."""

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
    """An older version of a group, and how its rows become rows of the newer version.

    Attributes:
        group: The older version. Its table is not changed, and it can still be written.
        map_rows: A function that gets observations of the older version and returns those of the newer one. The frame that it
            gets has the fields of the older version, event_time, available_at and `_tombstone`. If `_tombstone` is true,
            the row of this key and event_time no longer holds from available_at on, and all its features are NULL. The function
            must map each row on its own, because every call gets the rows of some days only.
    """

    group: FeatureGroup
    map_rows: Callable[[DataFrame], DataFrame]

    def __post_init__(self) -> None:
        require_declared_types(self)


@dataclass(frozen=True)
class FeatureStep:
    """One feature group with the transformation that computes it.

    Attributes:
        group: The feature group that the step computes.
        sources: The names of the sources that the transformation reads.
        build: The transformation. It gets the frames of the sources by name and a period, and returns exactly the rows of this
            period, that is, those with an event_time in it. It must not start a Spark job, read the clock or use a session.
        warm_up_days: How many days of the sources before the period the transformation also needs.
        older: An older version of the group. Use it if this version should be filled from the older one instead of the sources.

    Raises:
        DefinitionError: An attribute does not have its declared type; a source is named twice; the warm-up is negative; the
            older version is not an older version of this group; a column that names a person in the older version is not a
            subject of this group; or this group is immutable and the older version kept only the newest observations of events
            that could change.
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
            raise DefinitionError(f"{where}: warm_up_days is {self.warm_up_days}. Give 0 or more days before the period.")
        older = self.older.group if self.older else None
        if older is not None and (older.name != self.group.name or older.version >= self.group.version):
            raise DefinitionError(
                f"feature group {self.group.full_name}: {older.full_name} is no older version of it. Give a version of "
                f"{self.group.name!r} below {self.group.version}."
            )
        if older is not None and self.group.immutable and not older.immutable and older.history == "latest":
            raise DefinitionError(
                f"feature group {self.group.full_name} is immutable, but its older version {older.full_name} is not. That one "
                "kept only the newest observation of each event, so nobody knows whether and when its events changed. Fill the "
                "group from its sources: leave out `older`."
            )
        forgotten = [name for name in older.subjects if name in self.group.field_names] if older else []
        unnamed = [name for name in forgotten if name not in self.group.subjects]
        if older is not None and unnamed:
            raise DefinitionError(
                f"feature group {self.group.full_name}: {', '.join(unnamed)} names a person in {older.full_name}, but is no "
                f"subject here. So these people could not be forgotten. Declare subject={older.subject!r}."
            )


def step_rows(step: FeatureStep, sources: Mapping[str, DataFrame], period: Period) -> DataFrame:
    """Return the rows that a step computes for a period.

    Raises:
        TransformationError: Its code uses a column that its sources don't have, or it does not return a DataFrame.
    """
    return computed_rows(lambda: step.build(sources, period), f"the step of feature group {step.group.full_name}")
