"""What a feature view is: a versioned choice of features of several groups."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Literal

from tidegate.datasets.lineage import Origin, person_columns, require_findable
from tidegate.errors import DefinitionError, did_you_mean
from tidegate.feature_groups.definition import TIME_COLUMNS, FeatureGroup
from tidegate.names import require_free_names
from tidegate.schema import require_share

Boundary = Literal["inclusive", "exclusive"]


@dataclass(frozen=True)
class FeatureChoice:
    """Features chosen from one group, and how old they may be.

    Attributes:
        group: The feature group.
        features: Names of the chosen features.
        lookback: A value counts only if its event_time is later than the label time minus this.
        boundary: Whether a value that became known exactly at the label time counts.
        rename: New names, where two groups give the same one.
        may_lack: Share of the rows, 0 to 1, that may find no row of the group. A training dataset or a batch of predictions in
            which more rows find none is refused: most often the group's source was not loaded. Declare 1.0 for a group that is
            sparse by nature. It changes no value, so it may change without a new version of the view.

    Raises:
        DefinitionError: A feature that the group does not have, a new name that belongs to tidegate, or a share that is none.
    """

    group: FeatureGroup
    features: tuple[str, ...]
    lookback: timedelta
    boundary: Boundary = "inclusive"
    rename: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    may_lack: float = 0.5

    def __post_init__(self) -> None:
        require_share(self.may_lack, "may_lack", f"choice of feature group {self.group.name!r}")
        for name in (*self.features, *self.rename):
            if name not in self.group.feature_names:
                hint = did_you_mean(name, self.group.feature_names)
                raise DefinitionError(
                    f"feature group {self.group.name!r} has no feature {name!r}; "
                    f"available: {', '.join(self.group.feature_names)}.{hint}"
                )
        require_free_names(self.rename.values(), f"feature group {self.group.name!r}: rename", taken=TIME_COLUMNS)

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Where each chosen feature comes from."""
        return tuple(Origin(self.rename.get(name, name), self.group, name) for name in self.features)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the chosen features in the result, renames applied."""
        return tuple(self.rename.get(name, name) for name in self.features)


@dataclass(frozen=True)
class FeatureView:
    """A versioned choice of features and labels; the same for training and inference.

    Attributes:
        name: Name in the store.
        version: Version of the definition, from 1.
        spine: Group with the rows to predict: entity columns, and the prediction time as its event_time.
        labels: Group with the rows to train on: the same entity columns, the label time as event_time, and the targets.
        targets: Columns of `labels` to be predicted; never part of the features.
        choices: The chosen features.

    Raises:
        DefinitionError: Two features of one name, an entity key that spine or labels lack, an unknown target, or a personal
            column without the columns that name the person.
    """

    name: str
    version: int
    spine: FeatureGroup
    labels: FeatureGroup
    targets: tuple[str, ...]
    choices: tuple[FeatureChoice, ...]

    def __post_init__(self) -> None:
        counted = Counter(name for choice in self.choices for name in choice.output_names)
        counted.update(self.entity_columns)
        twice = sorted(name for name, times in counted.items() if times > 1)
        if twice:
            raise DefinitionError(
                f"feature view {self.full_name}: {', '.join(twice)} would be given by two groups; rename one with `rename`."
            )
        for target in self.targets:
            if target not in self.labels.feature_names:
                raise DefinitionError(
                    f"feature view {self.full_name}: target {target!r} is not in {self.labels.name!r}; "
                    f"available: {', '.join(self.labels.feature_names)}.{did_you_mean(target, self.labels.feature_names)}"
                )
        for group in (self.spine, self.labels):
            missing = [name for name in self.entity_columns if name not in group.field_names]
            if missing:
                raise DefinitionError(
                    f"feature view {self.full_name}: {group.name!r} lacks the entity column(s) {', '.join(missing)}; "
                    f"it has {', '.join(group.field_names)}."
                )
        self._require_findable()

    def allowing_absent(self) -> "FeatureView":
        """Return the same view, of which every group may be absent: for one run that is to go through all the same."""
        return replace(self, choices=tuple(replace(choice, may_lack=1.0) for choice in self.choices))

    @property
    def full_name(self) -> str:
        """Name and version."""
        return f"{self.name}_v{self.version}"

    @property
    def entity_columns(self) -> tuple[str, ...]:
        """The spine's entity key and every other entity key that the chosen groups need."""
        keys = (name for choice in self.choices for name in choice.group.entity_key)
        return tuple(dict.fromkeys((*self.spine.entity_key, *keys)))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of all features in the order of the choices."""
        return tuple(name for choice in self.choices for name in choice.output_names)

    @property
    def groups(self) -> tuple[FeatureGroup, ...]:
        """The chosen feature groups, each once."""
        return tuple(dict.fromkeys(choice.group for choice in self.choices))

    @property
    def subjects(self) -> tuple[str, ...]:
        """The view's columns that name a person each, under their names in the view."""
        return person_columns(self._origins()).subjects

    @property
    def personal_columns(self) -> tuple[str, ...]:
        """The view's columns with personal values, those that name a person first, under their names in the view."""
        found = person_columns(self._origins())
        return (*found.subjects, *found.personal)

    @property
    def group_subjects(self) -> Mapping[FeatureGroup, tuple[str, ...]]:
        """The columns of each group that name a person, as the whole view shows.

        A spine's `driver_id` that joins it to a group of drivers names drivers in the spine too, whether its own definition says
        so or not.
        """
        entities = [*self.entity_origins(self.spine), *self.entity_origins(self.labels)]
        joined = {each.name for each in entities if each.column in each.group.subjects}
        groups = dict.fromkeys((self.spine, self.labels, *self.groups))
        keys = {group: group.entity_key for group in groups} | dict.fromkeys((self.spine, self.labels), self.entity_columns)
        return {
            group: tuple(dict.fromkeys((*group.subjects, *[name for name in keys[group] if name in joined]))) for group in groups
        }

    def entity_origins(self, rows: FeatureGroup) -> list[Origin]:
        """Return where the entity columns of the view's rows come from: the spine or labels, and the groups that they join."""
        joined = [(choice.group, name) for choice in self.choices for name in choice.group.entity_key]
        return [
            *[Origin(name, rows, name) for name in self.entity_columns],
            *[Origin(name, group, name) for group, name in joined],
        ]

    def _origins(self) -> list[Origin]:
        return [
            *self.entity_origins(self.spine),
            *self.entity_origins(self.labels),
            *[Origin(target, self.labels, target) for target in self.targets],
            *[origin for choice in self.choices for origin in choice.origins],
        ]

    def _require_findable(self) -> None:
        where = f"feature view {self.full_name}"
        names = (*self.entity_columns, *self.targets)
        require_findable([Origin(name, self.labels, name) for name in names], where)
        for choice in self.choices:
            require_findable([*choice.origins, *[Origin(name, choice.group, name) for name in choice.group.entity_key]], where)
