"""Labels from the future: aggregates of the events in a window after the label time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from tidegate.datasets.aggregates import Aggregates, Anchor
from tidegate.datasets.lineage import Origin
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, did_you_mean
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.moments import LONGEST_SPAN, earlier_by, require_moment
from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.schema import Field


@dataclass(frozen=True)
class FutureLabels:
    """Labels that are aggregates of the events after the label time: `t < event_time <= t + horizon`.

    The label rows are the rows of the view's spine. A label is mature if `t + horizon + group.delay` is not later than the
    `known_by` of the training dataset, and not later than the moment until which the group is loaded. Younger labels are left out
    and counted. The value of a label is the one known at `known_by`, after late rows and corrections. A label became known when
    it was mature or, if that is later, when the last observation became known that changed its value.

    Attributes:
        group: The feature group with the events. It keeps every observation (`history="all"`), or its rows never change
            (`immutable=True`). Its `delay` says how long after an event its row is known at the latest; it must be declared.
        horizon: The length of the window after the label time.
        targets: The aggregates, by the names of the targets. They have no window, offset or `ahead` of their own.
        key: The columns of the group on which label rows are joined with its rows. None: its entity key.
        where: A SQL condition on the row, for all targets, in addition to their own.
        one_event_per: The columns that name one event, as in `Aggregates`.
        anchor: The column of the label row with the time after which the window begins: the label time ("event_time") or the
            target time of a spine with horizons ("target_time").

    Raises:
        DefinitionError: An attribute does not have its declared type; the horizon is not longer than 0; the group declares no
            delay; a target has a window of its own; or the aggregates are refused, for the same reasons as in `Aggregates`.
    """

    group: FeatureGroup
    horizon: timedelta
    targets: Mapping[str, Aggregate] = field(hash=False)  # a mapping has no hash
    key: tuple[str, ...] | None = None
    where: str | None = None
    one_event_per: tuple[str, ...] = ()
    anchor: Anchor = "event_time"

    def __post_init__(self) -> None:
        require_declared_types(self)
        where = f"labels from the future of feature group {self.group.name!r}"
        if not timedelta(0) < self.horizon <= LONGEST_SPAN:
            raise DefinitionError(f"{where}: horizon is {self.horizon}. Give a span longer than 0.")
        if not self.group.delay:
            raise DefinitionError(
                f"{where}: the group declares no delay, so nobody knows when all events of a window are known. Declare in the "
                "group how long after its event a row is known at the latest, such as delay=timedelta(hours=6)."
            )
        if not self.targets:
            raise DefinitionError(f"{where}: targets is empty. Declare at least one aggregate.")
        for name, each in self.targets.items():
            if each.window is not None or each.offset or each.ahead is not None:
                raise DefinitionError(
                    f"{where}: {name} has a window, an offset or ahead of its own. The window of a target is the horizon of the "
                    "labels. Remove it."
                )
        # It refuses whatever else is wrong.
        _ = self.aggregates

    @cached_property
    def aggregates(self) -> Aggregates:
        """The same aggregates over the window after the label time."""
        ahead = {name: replace(each, ahead=self.horizon) for name, each in self.targets.items()}
        return Aggregates(self.group, ahead, self.key, self.where, one_event_per=self.one_event_per)

    @property
    def name(self) -> str:
        """A text that names the labels in messages."""
        return f"{self.group.name} in the {self.horizon} after {self.anchor}"

    @property
    def full_name(self) -> str:
        """A text that names the labels, with the version of the group."""
        return f"{self.group.full_name} in the {self.horizon} after {self.anchor}"

    @property
    def fields(self) -> tuple[Field, ...]:
        """The targets with their types and meaning."""
        return self.aggregates.output_fields

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the targets."""
        return self.aggregates.output_names

    @property
    def joined_on(self) -> tuple[str, ...]:
        """The columns on which label rows are joined with the group."""
        return self.aggregates.joined_on

    @property
    def origins(self) -> tuple[Origin, ...]:
        """The group and column that each target with values of a row comes from."""
        return self.aggregates.origins

    @property
    def matures_after(self) -> timedelta:
        """How long after the time of the anchor a label is mature."""
        return self.horizon + self.group.delay

    def require_joined(self, entity_columns: Sequence[str], where: str) -> None:
        """Raise DefinitionError unless the rows of a spine with these entity columns can be joined with the group."""
        missing = [name for name in self.joined_on if name not in entity_columns]
        if missing:
            raise DefinitionError(
                f"{where}: the labels are joined on {', '.join(missing)}, which is no entity column. Give the labels a key among "
                f"{', '.join(entity_columns)}.{did_you_mean(missing[0], entity_columns)}"
            )

    def newest_mature(self, known_by: datetime, loaded_until: datetime | None) -> datetime | None:
        """Return the last time of the anchor whose label is mature; None if none is, because nobody knows what is loaded.

        Args:
            known_by: The moment at which the labels are used.
            loaded_until: How far the group is loaded.

        Raises:
            NaiveMomentError: A moment has no time zone.
        """
        for role, moment in (("known_by", known_by), ("loaded_until", loaded_until)):
            require_moment(moment, f"{role} of labels from the future")
        return None if loaded_until is None else earlier_by(min(known_by, loaded_until), self.matures_after)
