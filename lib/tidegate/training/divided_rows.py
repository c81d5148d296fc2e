"""Divide the rows of a training dataset into those to train on, to choose a model on, and to test it on."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.datasets.split_rules import ByKey, ByTime, SplitRule, WalkForward
from tidegate.datasets.splits import TimeSplit
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_rows import Span, within
from tidegate.schema import quoted
from tidegate.training.training_plan import Splits

# So many places does a hash choose from. A share is exact to one of them.
_PLACES = 1_000_000


@dataclass(frozen=True)
class Division:
    """How the rows of one training run are divided.

    Attributes:
        parts: The spans of the training, validation and test rows, or the rule by which a hash divides them.
        folds: The spans that walk-forward measures on; empty without.
    """

    parts: tuple[Span, Span, Span] | ByKey
    folds: tuple[Span, ...] = ()

    @property
    def is_by_time(self) -> bool:
        """Whether each part ends before the next one begins."""
        return not isinstance(self.parts, ByKey)


def divide(rule: SplitRule | None, split: TimeSplit, view: FeatureView) -> Division:
    """Return how the rows of a period are divided.

    Args:
        rule: The rule of the model; None divides by time.
        split: The period, and the moments at which a rule by time divides it.
        view: The feature view of the model.

    Raises:
        ShortPeriodError: The period is too short for the gap or the folds.
    """
    if isinstance(rule, ByKey):
        return Division(rule)
    if isinstance(rule, WalkForward):
        return Division(ByTime().spans(split, view), rule.spans(split))
    return Division((rule or ByTime()).spans(split, view))


def divided_rows(frame: DataFrame, division: Division, view: FeatureView) -> Splits:
    """Return the parts of the rows of a training dataset.

    Args:
        frame: The rows of the whole period.
        division: How they are divided.
        view: The feature view of the model.
    """
    rule = division.parts
    if not isinstance(rule, ByKey):
        return Splits(*(within(frame, span) for span in rule))
    place, (train, validation, _) = _place(rule, view), rule.shares
    trained, validated = (round(share * _PLACES) for share in (train, train + validation))
    return Splits(
        train=frame.where(place < trained),
        validation=frame.where((place >= trained) & (place < validated)),
        test=frame.where(place >= validated),
    )


def _place(rule: ByKey, view: FeatureView) -> Column:
    """Return a number below `_PLACES` that depends on the group of a row and on the seed alone."""
    names = [quoted(name) for name in rule.grouped_by(view)]
    return F.pmod(F.xxhash64(*names, F.lit(rule.seed).cast("bigint")), F.lit(_PLACES))
