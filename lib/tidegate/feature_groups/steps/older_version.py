"""An older version of a feature group, from which a newer version can be filled."""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import DataFrame

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.feature_groups.definition import FeatureGroup


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


def require_older(group: FeatureGroup, older: FeatureGroup) -> None:
    """Check that a feature group can be filled from a group that is declared as its older version.

    Raises:
        DefinitionError: It is not an older version of this group; a column that names a person in it is not a subject of this
            group; or this group is immutable and the older version kept only the newest observations of events that could
            change.
    """
    if older.name != group.name or older.version >= group.version:
        raise DefinitionError(
            f"feature group {group.full_name}: {older.full_name} is no older version of it. Give a version of "
            f"{group.name!r} below {group.version}."
        )
    if group.immutable and not older.immutable and older.history == "latest":
        raise DefinitionError(
            f"feature group {group.full_name} is immutable, but its older version {older.full_name} is not. That one "
            "kept only the newest observation of each event, so nobody knows whether and when its events changed. Fill the "
            "group from its sources: leave out `older`."
        )
    unnamed = [name for name in older.subjects if name in group.field_names and name not in group.subjects]
    if unnamed:
        raise DefinitionError(
            f"feature group {group.full_name}: {', '.join(unnamed)} names a person in {older.full_name}, but is no "
            f"subject here. So these people could not be forgotten. Declare subject={older.subject!r}."
        )
