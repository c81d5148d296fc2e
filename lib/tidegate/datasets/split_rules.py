"""The rules by which a model divides its rows into those to train on, to choose a model on, and to test it on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pyspark.sql import types as T

from tidegate.datasets.gap import automatic_gap
from tidegate.datasets.spines import SpineByRule
from tidegate.datasets.splits import TimeSplit
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_rows import Span
from tidegate.declared_names import require_distinct
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, ShortPeriodError, did_you_mean
from tidegate.moments import LONGEST_SPAN, earlier_by, utc_text

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ByTime:
    """Train on the earliest rows, choose on later ones, and test on the latest: by the configured days, or shares of the period.

    A row close to the end of a part has something in common with the first rows of the next part. Its label is about the time
    after the row, and so about events of the next part. The windows of its aggregates and of theirs hold the same events. A
    model that was trained on such a row looks better on the next part than it is. A gap leaves these rows out: the training rows
    of the last `gap` before the validation part, and the validation rows of the last `gap` before the test part. No part begins
    later, so the test rows are the same as without a gap.

    Attributes:
        gap: How long the gap is. None leaves no row out. "automatic" takes the longest window of the view's aggregates or, if
            that is longer, the time until a label is known. Calendar days count as days; windows without a length in time
            (`LastRows`, the whole history) don't count. A label from the future is known after its horizon and the delay of its
            group, a stored one after the delay of its group; where it is about a target time, the farthest horizon of the spine
            is added. If a stored label is about a longer time than the delay says, give that time as the gap.

    Raises:
        DefinitionError: The gap is something else, or not longer than 0.
    """

    gap: timedelta | Literal["automatic"] | None = None

    def __post_init__(self) -> None:
        require_declared_types(self)
        if isinstance(self.gap, timedelta) and not timedelta(0) < self.gap <= LONGEST_SPAN:
            raise DefinitionError(f"ByTime: gap is {self.gap}. Give a span longer than 0, or None to leave no row out.")

    def __str__(self) -> str:
        return "by time" if self.gap is None else f"by time, gap {self.gap}"

    def gap_of(self, view: FeatureView) -> timedelta:
        """Return how long the gap is for the rows of a view; 0 if no row is left out.

        Raises:
            DefinitionError: The gap is automatic, and the target times of the view come from a stored spine.
        """
        return automatic_gap(view) if self.gap == "automatic" else self.gap or timedelta(0)

    def spans(self, split: TimeSplit, view: FeatureView) -> tuple[Span, Span, Span]:
        """Return the spans of the training, validation and test rows.

        Raises:
            ShortPeriodError: The gap is as long as the training or the validation part, or longer.
        """
        gap = self.gap_of(view)
        parts = (("training", split.start, split.train_end), ("validation", split.train_end, split.validation_end))
        for part, start, end in parts:
            if earlier_by(end, gap) <= start:
                raise ShortPeriodError(
                    f"feature view {view.full_name}, split {self}",
                    f"the gap of {gap} leaves no {part} rows between {utc_text(start)} and {utc_text(end)}",
                    "give a shorter gap: ByTime(gap=timedelta(...))",
                )
        train, validation = (Span(start, earlier_by(end, gap)) for _, start, end in parts)
        return train, validation, Span(split.validation_end, split.end)


@dataclass(frozen=True)
class ByKey:
    """Divide the rows by a hash of their entity, so that all rows of an entity are in the same part.

    The hash decides alone: the same rows give the same parts, whatever their order and their files. The parts don't follow each
    other in time, so a test says how good a model is for entities that it has never seen, but not how good it is for later days.

    Attributes:
        columns: Entity columns or features of the view whose values name a group. All rows of a group are in one part, also those
            without a value (NULL). Empty takes the entity key of the spine, without the target time.
        shares: The shares of the groups for training, validation and test. With few groups, the shares of the rows differ.
        seed: Another number divides the groups in another way.

    Raises:
        DefinitionError: An attribute has another type than declared; a column is named twice; the shares are not three numbers
            above 0 with the sum 1; or the seed does not fit into 64 bits.
    """

    columns: tuple[str, ...] = ()
    shares: tuple[float, ...] = (0.6, 0.2, 0.2)
    seed: int = 0

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_distinct(self.columns, "ByKey: columns", "name each column once")
        if len(self.shares) != 3 or not all(share > 0 for share in self.shares) or not abs(sum(self.shares) - 1) < 1e-9:
            raise DefinitionError(
                f"ByKey: shares is {self.shares}. Give three numbers above 0 for training, validation and test, with the sum 1."
            )
        if not -(2**63) <= self.seed < 2**63:
            raise DefinitionError(f"ByKey: seed is {self.seed}. Give a whole number of 64 bits.")

    def __str__(self) -> str:
        shares = ", ".join(f"{share:g}" for share in self.shares)
        return f"by hash of {', '.join(self.columns) or 'the entity key'}, shares {shares}, seed {self.seed}"

    def grouped_by(self, view: FeatureView) -> tuple[str, ...]:
        """Return the columns of a view whose values name a group."""
        return self.columns or (view.spine.key if isinstance(view.spine, SpineByRule) else view.spine.entity_key)

    def require_columns(self, types: Mapping[str, T.DataType], where: str) -> None:
        """Raise DefinitionError unless the columns are among those of a view and can be hashed.

        Args:
            types: The types of the view's columns by name.
            where: What declares the split, for the message.
        """
        for name in self.columns:
            if name not in types:
                raise DefinitionError(
                    f"{where}: split: columns names {name!r}, which the feature view doesn't have; available: "
                    f"{', '.join(types)}.{did_you_mean(name, types)}"
                )
            if "map<" in types[name].simpleString():
                raise DefinitionError(
                    f"{where}: split: {name} is {types[name].simpleString()}, and Spark can't hash a map; name another column."
                )


@dataclass(frozen=True)
class WalkForward:
    """Split by time, as `ByTime()` does, but choose among the estimators on several spans of time instead of one.

    The time before the test part is cut into `folds + 1` equal spans of days. Fold 1 trains on the first span and measures on the
    second one, fold 2 trains on the first two and measures on the third one, and so on. The estimator with the smallest mean
    loss over the folds is chosen. The model that is registered is fitted on the training part, and tested on the test part, as
    without folds.

    Attributes:
        folds: How many spans are measured on, at least 1. Every fold fits every estimator once more.

    Raises:
        DefinitionError: `folds` is something else.
    """

    folds: int = 3

    def __post_init__(self) -> None:
        require_declared_types(self)
        if self.folds < 1:
            raise DefinitionError(f"WalkForward: folds is {self.folds}. Give 1 or more.")

    def __str__(self) -> str:
        return f"walk-forward, {self.folds} fold(s)"

    def spans(self, split: TimeSplit) -> tuple[Span, ...]:
        """Return the spans that the folds measure on, in order. Each fold trains on the rows before its span.

        The spans begin at multiples of 24 hours after the start of the split.

        Raises:
            ShortPeriodError: There are fewer days than spans.
        """
        days, spans = round((split.validation_end - split.start) / _DAY), self.folds + 1
        if days < spans:
            raise ShortPeriodError(
                str(self),
                f"{days} day(s) before the test part can't be cut into {spans} spans",
                f"give fewer folds: WalkForward(folds={max(days - 1, 1)})",
            )
        cuts = [split.start + _DAY * (days * number // spans) for number in range(1, spans)]
        return tuple(Span(start, end) for start, end in zip(cuts, [*cuts[1:], split.validation_end], strict=True))


SplitRule = ByTime | ByKey | WalkForward
