"""Compare a feature group's definition with its table: are they equal, can `evolve` change the table, or is it a new version?"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pyspark.sql import types as T

from tidegate.errors import DefinitionDiffersError, NewVersionNeededError, did_you_mean
from tidegate.feature_groups.definition import BUCKET, FeatureGroup
from tidegate.schema import same_type
from tidegate.tables.create import STATISTICS_PROPERTY, table_properties
from tidegate.tables.protect import protected_columns
from tidegate.tables.read import TableState
from tidegate.tables.widening import can_widen

BUCKETS_PROPERTY = "tidegate.buckets"
HISTORY_PROPERTY = "tidegate.history"
# "true" only if no row of the table can ever have been changed. Tables of other groups don't have this property.
IMMUTABLE_PROPERTY = "tidegate.immutable"
# The schema does not show which columns are key, subject, personal and sequence. This property does.
ROLES_PROPERTY = "tidegate.roles"

_OLD_TABLE = "its table was made before tables had buckets; ./spark-submit.sh jobs/maintain.py --system SYSTEM --migrate helps"

Action = Literal["create", "nothing", "evolve", "refuse"]


@dataclass(frozen=True)
class WidenedColumn:
    """A column whose declared type is wider than the stored one: it can represent every stored value."""

    name: str
    stored: T.DataType
    declared: T.DataType


@dataclass(frozen=True)
class Evolution:
    """The differences between a group's table and its definition.

    Attributes:
        group: The definition.
        is_new: Whether the table does not exist yet.
        added: Declared columns that are missing from the table.
        widened: Columns with a wider type than the stored one.
        orders_ties: Whether the definition has a `sequence` and the table has none yet.
        allows_updates: Whether the table is immutable and the definition no longer is.
        properties: Properties of the table that `evolve` sets.
        obstacles: Differences that need a new version of the group, because no change of the table can remove them.
    """

    group: FeatureGroup
    is_new: bool = False
    added: tuple[T.StructField, ...] = ()
    widened: tuple[WidenedColumn, ...] = ()
    orders_ties: bool = False
    allows_updates: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)
    obstacles: tuple[str, ...] = ()

    @property
    def action(self) -> Action:
        """What has to be done with the table, as `plan` shows it: create, nothing, evolve or refuse."""
        if self.obstacles:
            return "refuse"
        if self.is_new:
            return "create"
        return "evolve" if self.changes or self.properties else "nothing"

    @property
    def changes(self) -> tuple[str, ...]:
        """The changes that `evolve` makes, in words. The store writes no row into the table before they are made."""
        added = [f"added column {column.name} {column.dataType.simpleString()}{self._mark(column.name)}" for column in self.added]
        widened = [
            f"column {column.name} widened from {column.stored.simpleString()} to {column.declared.simpleString()}"
            for column in self.widened
        ]
        ties = [f"rows of the same moment are ordered by {self.group.sequence}"] if self.orders_ties else []
        updates = ["stored rows can be updated and deleted: the group is no longer immutable"] if self.allows_updates else []
        return (*added, *widened, *ties, *updates)

    @property
    def upkeep(self) -> tuple[str, ...]:
        """The properties that `evolve` also records, in words. Rows can be written before they are recorded."""
        names = {STATISTICS_PROPERTY: "columns with statistics", ROLES_PROPERTY: "key, subject and personal columns"}
        return tuple(f"{names[key]} recorded" for key in self.properties if key in names)

    def require_none(self) -> None:
        """Check that rows of the definition can be written into the table as it is.

        Raises:
            NewVersionNeededError: No change of the table can make it fit the definition.
            DefinitionDiffersError: The table does not fit the definition yet, but `evolve` can change it.
        """
        self.require_possible()
        if self.changes:
            raise DefinitionDiffersError(self.group.full_name, self.changes)

    def require_possible(self) -> None:
        """Raise NewVersionNeededError if no change of the table can make it fit the definition."""
        if self.obstacles:
            raise NewVersionNeededError(self.group.name, self.group.version, self.obstacles)

    def _mark(self, name: str) -> str:
        return " (personal)" if name in self.group.personal_columns else ""


def evolution_between(group: FeatureGroup, table: TableState | None) -> Evolution:
    """Return how a definition differs from its table; None means that the table does not exist yet. Nothing is changed."""
    if table is None:
        return Evolution(group, is_new=True)
    if BUCKETS_PROPERTY not in table.properties:
        return Evolution(group, obstacles=(_OLD_TABLE,))
    stored = {column.name: column.dataType for column in table.schema.fields}
    wanted = {column.name: column for column in group.stored_schema.fields}
    differing = [
        WidenedColumn(name, stored[name], column.dataType)
        for name, column in wanted.items()
        if name in stored and not same_type(stored[name], column.dataType)
    ]
    roles = _stored_roles(table, group)
    obstacles = (
        *_history_obstacles(group, table),
        *_immutable_obstacles(group, table),
        *_role_obstacles(group, roles, stored),
        *_column_obstacles(group, stored),
        *(text for column in differing for text in _type_obstacles(group, column)),
    )
    if obstacles:
        return Evolution(group, obstacles=obstacles)
    return Evolution(
        group,
        added=tuple(column for name, column in wanted.items() if name not in stored),
        widened=tuple(differing),
        orders_ties=group.sequence is not None and roles["sequence"] is None,
        allows_updates=not group.immutable and _is_immutable(table),
        properties=_properties_to_set(group, table),
    )


def require_same_observations(group: FeatureGroup, table: TableState) -> None:
    """Raise NewVersionNeededError if the table keeps other observations than the definition says.

    A definition is easily changed from `history="latest"` to "all". Then readers would take a table that has forgotten earlier
    observations for a complete one, and count too little.
    """
    obstacles = [*_history_obstacles(group, table), *_immutable_obstacles(group, table)]
    if obstacles:
        raise NewVersionNeededError(group.name, group.version, obstacles)


def group_properties(group: FeatureGroup) -> dict[str, str]:
    """Return the properties that a new table of the group is created with."""
    properties = {
        BUCKETS_PROPERTY: str(group.buckets),
        HISTORY_PROPERTY: group.history,
        ROLES_PROPERTY: json.dumps(_roles(group)),
    }
    return {**properties, IMMUTABLE_PROPERTY: "true"} if group.immutable else properties


def _roles(group: FeatureGroup) -> dict[str, object]:
    key, personal, subjects = list(group.entity_key), sorted(group.personal), sorted(group.subjects)
    # A single subject is stored as text, not as a list, because older tables store it like this.
    subject = subjects if len(subjects) > 1 else next(iter(subjects), None)
    return {"entity_key": key, "subject": subject, "personal": personal, "sequence": group.sequence}


def _stored_roles(table: TableState, group: FeatureGroup) -> dict[str, object]:
    """Return the roles that the table recorded; if it recorded none, those of the definition."""
    recorded = table.properties.get(ROLES_PROPERTY)
    return _roles(group) if recorded is None else {**_roles(group), **json.loads(recorded)}


def _history_obstacles(group: FeatureGroup, table: TableState) -> Iterator[str]:
    history = table.properties.get(HISTORY_PROPERTY)
    if history != group.history:
        yield f"its table has history={history!r}, the definition has {group.history!r}"


def _is_immutable(table: TableState) -> bool:
    return table.properties.get(IMMUTABLE_PROPERTY) == "true"


def _immutable_obstacles(group: FeatureGroup, table: TableState) -> Iterator[str]:
    if group.immutable and not _is_immutable(table):
        # The table keeps only the newest observation of each event, so nothing in it proves that no event was ever changed.
        yield "its table has immutable=False, so rows of it may have been changed; the definition has immutable=True"


def _role_obstacles(group: FeatureGroup, roles: Mapping[str, object], stored: Mapping[str, T.DataType]) -> Iterator[str]:
    now = _roles(group)
    for role in ("entity_key", "subject"):
        if roles[role] != now[role]:
            yield f"{role.replace('_', ' ')} was {_shown(roles[role])}, is now {_shown(now[role])}"
    # A column that the table doesn't have yet may be declared personal: it is personal from its first value on.
    was, is_now = ({name for name in group_roles if name in stored} for group_roles in (_names(roles), _names(now)))
    if was != is_now:
        yield f"personal columns were {_shown(sorted(was))}, are now {_shown(sorted(is_now))}"
    if roles["sequence"] is not None and roles["sequence"] != now["sequence"]:
        yield f"sequence was {roles['sequence']}, is now {_shown(now['sequence'])}"


def _column_obstacles(group: FeatureGroup, stored: Mapping[str, T.DataType]) -> Iterator[str]:
    added = [name for name in group.field_names if name not in stored]
    for name in stored:
        if name not in group.stored_schema.names:
            yield f"column {name} is not in the definition.{did_you_mean(name, added)}"
    for name in added:
        if name in group.entity_key:
            yield f"added column {name} is part of the entity key, but the stored rows have no value for it"


def _type_obstacles(group: FeatureGroup, column: WidenedColumn) -> Iterator[str]:
    change = f"column {column.name} is {column.stored.simpleString()}, declared {column.declared.simpleString()}"
    if not can_widen(column.stored, column.declared):
        yield f"{change}: not every stored value would keep its meaning"
    elif column.name in group.entity_key:
        yield f"{change}: the hash of a key decides which part of the table contains its rows"
    elif column.name in group.subjects:
        yield f"{change}: erased people are recognised by how their identifier is written"


def _properties_to_set(group: FeatureGroup, table: TableState) -> dict[str, str]:
    personal = (*group.personal_columns, *protected_columns(table))
    wanted = table_properties(group.stored_schema, personal, (BUCKET,))
    found = {IMMUTABLE_PROPERTY: "false"} if not group.immutable and _is_immutable(table) else {}
    if json.loads(table.properties.get(ROLES_PROPERTY, "{}")) != _roles(group):
        found[ROLES_PROPERTY] = json.dumps(_roles(group))
    counted, counted_now = (state.get(STATISTICS_PROPERTY, "") for state in (table.properties, wanted))
    if set(counted.split(",")) != set(counted_now.split(",")):
        found[STATISTICS_PROPERTY] = counted_now
    return found


def _names(roles: Mapping[str, object]) -> list[str]:
    personal = roles["personal"]
    return [str(name) for name in personal] if isinstance(personal, list) else []


def _shown(names: object) -> str:
    return (", ".join(names) if isinstance(names, list) else str(names or "")) or "none"
