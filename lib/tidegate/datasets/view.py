"""The definition of a feature view: a versioned choice of features and aggregates of several groups."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pyspark.sql import types as T

from tidegate.datasets.aggregates import Aggregates
from tidegate.datasets.feature_choice import FeatureChoice
from tidegate.datasets.future_labels import FutureLabels
from tidegate.datasets.lineage import Origin, person_columns, require_findable
from tidegate.datasets.spines import TARGET_TIME, SpineByRule, require_target_time
from tidegate.declared_names import require_distinct, require_name
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, did_you_mean
from tidegate.feature_groups.definition import TIME_COLUMNS, FeatureGroup
from tidegate.schema import same_type

# What a view can choose of a group.
Choice = FeatureChoice | Aggregates


@dataclass(frozen=True)
class FeatureView:
    """A versioned choice of features and labels. Training and inference use the same view.

    Attributes:
        name: Name in the store.
        version: Version of the definition, from 1.
        spine: The rows to predict: a group that has the entity columns and whose event_time is the prediction time, or a rule
            that `every` declares.
        labels: The rows to train on: a group that has the same entity columns and the targets and whose event_time is the label
            time, or `FutureLabels`, which are computed for the rows of the spine.
        targets: The columns of `labels` that a model predicts. They are never part of the features.
        choices: The features of each group, and aggregates of groups.

    Raises:
        DefinitionError: An attribute does not have its declared type; two columns have the same name, or names that differ only
            in upper and lower case; the spine or the labels have no such entity column, or with another type; a target is
            unknown; nothing is chosen; or a personal column comes without the columns that name the person.
    """

    name: str
    version: int
    spine: FeatureGroup | SpineByRule
    labels: FeatureGroup | FutureLabels
    targets: tuple[str, ...]
    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_name(self.name, "feature view")
        where = f"feature view {self.full_name}"
        if self.version < 1:
            raise DefinitionError(f"{where}: version is {self.version}. Versions begin with 1.")
        for target in self.targets:
            if target not in self.labels.feature_names:
                raise DefinitionError(
                    f"{where}: target {target!r} is not in {self.labels.name!r}; "
                    f"available: {', '.join(self.labels.feature_names)}.{did_you_mean(target, self.labels.feature_names)}"
                )
        require_distinct(self.targets, f"{where}: targets", "name each target once")
        self._require_entity_columns(where)
        self._require_anchors(where)
        if not self.choices:
            raise DefinitionError(f"{where}: choices is empty. Choose features of at least one group.")
        # These are the columns of its training datasets. If a feature had the name of a target, a model could also read its
        # answer.
        columns = (*self.entity_columns, *TIME_COLUMNS, *self.targets, *self.feature_names)
        require_distinct(columns, where, "both would be in one table; rename a feature with `rename` in its choice")
        self._require_findable()

    def allowing_absent(self) -> "FeatureView":
        """Return the same view with `may_lack` 1.0 in every choice. A run with it is not refused because of absent groups."""
        return replace(self, choices=tuple(replace(choice, may_lack=1.0) for choice in self.choices))

    @property
    def full_name(self) -> str:
        """Name and version, such as `delays_v1`."""
        return f"{self.name}_v{self.version}"

    @property
    def column_types(self) -> dict[str, T.DataType]:
        """The types of the columns that a model can read, by their names in the result: entity columns and features."""
        types = {field.name: field.type for field in self.spine.fields if field.name in self.entity_columns}
        for choice in self.choices:
            types |= {field.name: field.type for field in choice.output_fields}
        return types

    @property
    def entity_columns(self) -> tuple[str, ...]:
        """The columns of the spine's entity key, and all further columns on which the choices are joined."""
        keys = (name for choice in self.choices for name in choice.joined_on)
        return tuple(dict.fromkeys((*self.spine.entity_key, *keys)))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of all features in the result, in the order of the choices."""
        return tuple(name for choice in self.choices for name in choice.output_names)

    @property
    def choice_names(self) -> tuple[str, ...]:
        """The names of the choices in a join: those of their groups, with a number from the second choice of a group on."""
        names: list[str] = []
        for choice in self.choices:
            name, number, taken = choice.group.name, 1, {each.casefold() for each in names}
            while name.casefold() in taken:
                number += 1
                name = f"{choice.group.name}_{number}"
            names.append(name)
        return tuple(names)

    @property
    def spine_group(self) -> FeatureGroup:
        """The group that the rows to predict come from."""
        return self.spine.group if isinstance(self.spine, SpineByRule) else self.spine

    @property
    def label_groups(self) -> tuple[FeatureGroup, ...]:
        """The groups that the rows to train on come from."""
        return (self.labels.group, self.spine_group) if isinstance(self.labels, FutureLabels) else (self.labels,)

    @property
    def stored_groups(self) -> tuple[FeatureGroup, ...]:
        """All groups that the view reads, each once: those of the spine and of the labels, and the chosen ones."""
        return tuple(dict.fromkeys((self.spine_group, *self.label_groups, *self.groups)))

    @property
    def explained_groups(self) -> tuple[FeatureGroup, ...]:
        """The groups that an explanation reads: all but stored labels."""
        labels = [self.labels.group] if isinstance(self.labels, FutureLabels) else []
        return tuple(dict.fromkeys((self.spine_group, *self.groups, *labels)))

    @property
    def groups(self) -> tuple[FeatureGroup, ...]:
        """The chosen feature groups, each once."""
        return tuple(dict.fromkeys(choice.group for choice in self.choices))

    @property
    def aggregated_groups(self) -> tuple[FeatureGroup, ...]:
        """The groups of which the view has aggregates as features or as labels, each once."""
        labels = [self.labels.group] if isinstance(self.labels, FutureLabels) else []
        return tuple(dict.fromkeys([*(each.group for each in self.choices if isinstance(each, Aggregates)), *labels]))

    @property
    def subjects(self) -> tuple[str, ...]:
        """The columns that each name a person, with their names in the view."""
        return person_columns(self._origins()).subjects

    @property
    def personal_columns(self) -> tuple[str, ...]:
        """All columns with personal values, with their names in the view. The columns that name a person come first."""
        found = person_columns(self._origins())
        return (*found.subjects, *found.personal)

    @property
    def group_subjects(self) -> Mapping[FeatureGroup, tuple[str, ...]]:
        """The columns of each group that name a person, including those that only this view shows to do so.

        Example: the spine has a column `driver_id` that joins it to a group of drivers. Then this column names drivers in the
        spine too, even if the definition of the spine doesn't declare it as a subject.
        """
        entities = [*self.entity_origins(self.spine), *self.entity_origins(self.labels)]
        joined = {each.name for each in entities if each.column in each.group.subjects}
        groups = {group: self._joined_on(group) for group in self.stored_groups}
        return {
            group: tuple(dict.fromkeys((*group.subjects, *[name for name in names if name in joined])))
            for group, names in groups.items()
        }

    def entity_origins(self, rows: FeatureGroup | SpineByRule | FutureLabels) -> list[Origin]:
        """Return an origin in `rows` (the spine or the labels) for each entity column, and in each chosen group for its key."""
        joined = [(choice.group, name) for choice in self.choices for name in choice.joined_on]
        return [*self._own_origins(rows), *[Origin(name, group, name) for group, name in joined]]

    def spine_origins(self, names: Iterable[str]) -> list[Origin]:
        """Return the origins of columns of the spine. The target time of a rule comes from no group."""
        return [Origin(name, self.spine_group, name) for name in names if name in self.spine_group.field_names]

    def _own_origins(self, rows: FeatureGroup | SpineByRule | FutureLabels) -> list[Origin]:
        """Return the origins of the entity columns in the groups of the spine or of the labels."""
        if isinstance(rows, FutureLabels):
            return [*self._own_origins(self.spine), *[Origin(name, rows.group, name) for name in rows.joined_on]]
        if isinstance(rows, SpineByRule):
            return self.spine_origins(self.entity_columns)
        return [Origin(name, rows, name) for name in self.entity_columns]

    def _target_origins(self) -> list[Origin]:
        if isinstance(self.labels, FutureLabels):
            return [origin for origin in self.labels.origins if origin.name in self.targets]
        return [Origin(target, self.labels, target) for target in self.targets]

    def _joined_on(self, group: FeatureGroup) -> tuple[str, ...]:
        """Return the columns of a group on which the view joins it."""
        return tuple(dict.fromkeys(name for _, joined, names in self._joins() if joined == group for name in names))

    def _joins(self) -> Iterator[tuple[str, FeatureGroup, tuple[str, ...]]]:
        """Yield, for the spine, the labels and each choice: its name, its group, and the columns of the group that are joined."""
        spine, labels = self.spine, self.labels
        yield spine.name, self.spine_group, spine.key if isinstance(spine, SpineByRule) else self.entity_columns
        if isinstance(labels, FutureLabels):
            yield labels.name, labels.group, labels.joined_on
        else:
            yield labels.name, labels, self.entity_columns
        for choice in self.choices:
            yield choice.group.name, choice.group, choice.joined_on

    def _origins(self) -> list[Origin]:
        return [
            *self.entity_origins(self.spine),
            *self.entity_origins(self.labels),
            *self._target_origins(),
            *[origin for choice in self.choices for origin in choice.origins],
        ]

    def _require_findable(self) -> None:
        where = f"feature view {self.full_name}"
        require_findable([*self._own_origins(self.labels), *self._target_origins()], where)
        for choice in self.choices:
            require_findable([*choice.origins, *[Origin(name, choice.group, name) for name in choice.joined_on]], where)

    def _require_entity_columns(self, where: str) -> None:
        labels = self.labels
        # The rows of labels from the future are those of the spine.
        for rows in (self.spine,) if isinstance(labels, FutureLabels) else (self.spine, labels):
            missing = [name for name in self.entity_columns if name not in rows.field_names]
            if missing:
                raise DefinitionError(
                    f"{where}: {rows.name!r} lacks the entity column(s) {', '.join(missing)}; "
                    f"it has {', '.join(rows.field_names)}.{did_you_mean(missing[0], rows.field_names)}"
                )
        if isinstance(labels, FutureLabels):
            labels.require_joined(self.entity_columns, where)
        first: dict[str, tuple[str, T.DataType]] = {}
        for shown, group, names in self._joins():
            for name in names:
                kind = group.schema[name].dataType
                other, expected = first.setdefault(name, (shown, kind))
                if not same_type(kind, expected):
                    raise DefinitionError(
                        f"{where}: entity column {name} is {expected.simpleString()} in {other!r}, but {kind.simpleString()} in "
                        f"{shown!r}; nothing is cast silently, so declare one type in both."
                    )

    def _require_anchors(self, where: str) -> None:
        anchored = [each.group.name for each in self.choices if isinstance(each, Aggregates) and each.anchor == TARGET_TIME]
        if isinstance(self.labels, FutureLabels) and self.labels.anchor == TARGET_TIME:
            anchored.append(self.labels.group.name)
        require_target_time([each for each in self.spine.fields if each.name in self.entity_columns], anchored, where)
