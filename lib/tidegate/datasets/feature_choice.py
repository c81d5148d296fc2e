"""Features of one group as they are stored, chosen for a feature view."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Literal

from tidegate.datasets.lineage import Origin
from tidegate.declared_names import require_column_names, require_distinct
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, did_you_mean
from tidegate.feature_groups.definition import TIME_COLUMNS, FeatureGroup
from tidegate.moments import LONGEST_SPAN
from tidegate.names import require_free_names
from tidegate.schema import Field, require_share

Boundary = Literal["inclusive", "exclusive"]


@dataclass(frozen=True)
class FeatureChoice:
    """Features chosen from one group, and how old they may be.

    Attributes:
        group: The feature group.
        features: The names of the chosen features.
        lookback: A row of the group counts only if its event_time is later than the label time minus this span. With None, rows
            of any age count.
        boundary: Whether a row that became known exactly at the label time counts ("inclusive") or not ("exclusive").
        rename: New names of features, by their old names. Use it if two groups have features of the same name.
        may_lack: The largest share of the rows, 0 to 1, that may find no row of the group. A training dataset or a batch of
            predictions with a larger share is refused, because then the group's source was probably not loaded. Declare 1.0 for
            a group that has few rows by nature. This attribute changes no value, so it may change without a new version of the
            view.

    Raises:
        DefinitionError: An attribute does not have its declared type; no feature is chosen; the group does not have a chosen
            feature; a new name is for a feature that is not chosen, can't be stored, or is reserved for tidegate; the look-back
            is not longer than 0; or `may_lack` does not lie between 0 and 1.
    """

    group: FeatureGroup
    features: tuple[str, ...]
    lookback: timedelta | None
    boundary: Boundary = "inclusive"
    rename: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)  # a mapping has no hash
    may_lack: float = 0.5

    def __post_init__(self) -> None:
        require_declared_types(self)
        where = f"the choice from feature group {self.group.name!r}"
        require_share(self.may_lack, "may_lack", f"choice of feature group {self.group.name!r}")
        if not self.features:
            raise DefinitionError(f"{where}: features is empty. Name some of {', '.join(self.group.feature_names)}.")
        for name in (*self.features, *self.rename):
            if name not in self.group.feature_names:
                hint = did_you_mean(name, self.group.feature_names)
                raise DefinitionError(
                    f"feature group {self.group.name!r} has no feature {name!r}; "
                    f"available: {', '.join(self.group.feature_names)}.{hint}"
                )
        require_distinct(self.features, f"{where}: features", "choose it once")
        idle = [name for name in self.rename if name not in self.features]
        if idle:
            raise DefinitionError(
                f"{where}: rename has {', '.join(idle)}, which is not among the chosen features. Add it to features."
            )
        require_column_names(self.output_names, where)
        require_free_names(self.rename.values(), f"feature group {self.group.name!r}: rename", taken=TIME_COLUMNS)
        if self.lookback is not None and not timedelta(0) < self.lookback <= LONGEST_SPAN:
            raise DefinitionError(
                f"{where}: lookback is {self.lookback}. Give a span longer than 0, because no row would count otherwise, and "
                f"of at most {LONGEST_SPAN.days:,} days, or None for no limit."
            )

    @property
    def joined_on(self) -> tuple[str, ...]:
        """The columns on which the rows to predict or to train on are joined with the group: its entity key."""
        return self.group.entity_key

    @property
    def reach(self) -> timedelta | None:
        """How far before the label time the events lie that can count; None if there is no limit."""
        return self.lookback

    @property
    def output_fields(self) -> tuple[Field, ...]:
        """The chosen features as the group declares them, with their names in the result."""
        fields = {each.name: each for each in self.group.fields}
        return tuple(replace(fields[name], name=self.rename.get(name, name)) for name in self.features)

    @property
    def origins(self) -> tuple[Origin, ...]:
        """The group and column that each chosen feature comes from."""
        return tuple(Origin(self.rename.get(name, name), self.group, name) for name in self.features)

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names of the chosen features in the result, after renaming."""
        return tuple(self.rename.get(name, name) for name in self.features)
