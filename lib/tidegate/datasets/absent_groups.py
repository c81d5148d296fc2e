"""Rows that found no row of a feature group: counted in the pass that joins them, noted, and refused where they are too many.

A group of which most rows find nothing was most often not loaded. Its features are NULL then, and a model fills them in without
a word.
"""

from collections import Counter
from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.datasets.view import FeatureChoice, FeatureView
from tidegate.datasets.view_rows import Snapshot, Span, view_inputs
from tidegate.errors import AbsentGroup, AbsentGroupsError
from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME
from tidegate.moments import from_micros, utc_text
from tidegate.point_in_time.join import point_in_time_join

_MARK = "_chosen_"


def with_marked_features(snapshot: Snapshot, view: FeatureView, rows: DataFrame, span: Span) -> DataFrame:
    """Attach the view's features as `with_features` does, and for each choice a mark: which row was chosen, NULL for none."""
    inputs = view_inputs(snapshot, view, span, [_mark(place) for place in range(len(view.choices))])
    return point_in_time_join(rows, EVENT_TIME, inputs)


def without_marks(joined: DataFrame, view: FeatureView) -> DataFrame:
    """Leave out the marks of `with_marked_features`."""
    return joined.drop(*[_mark(place) for place in range(len(view.choices))])


def absent_groups(view: FeatureView) -> Column:
    """Return the names of the groups of which a row with marks found no row; NULL where it found one of each."""
    named = [F.when(_is_absent(place), F.lit(name)) for place, name in enumerate(choice_names(view))]
    found = F.array_compact(F.array(*named)) if named else F.array().cast("array<string>")
    return F.when(F.size(found) > 0, found)


def absent_counts(view: FeatureView) -> dict[str, Column]:
    """Return by name of a choice the aggregate that counts, among rows with marks, those that found no row of it."""
    return {name: F.count_if(_is_absent(place)) for place, name in enumerate(choice_names(view))}


def listed_counts(view: FeatureView, listed: str) -> dict[str, Column]:
    """Return the same counts of rows without marks, from the column that `absent_groups` gave them."""
    return {name: F.count_if(F.coalesce(F.array_contains(listed, name), F.lit(False))) for name in choice_names(view)}


def choice_names(view: FeatureView) -> list[str]:
    """Return the name of each choice: its group's, and its look-back as well where the view has the group twice."""
    names = Counter(choice.group.full_name for choice in view.choices)
    return [
        choice.group.full_name if names[choice.group.full_name] == 1 else f"{choice.group.full_name} ({choice.lookback})"
        for choice in view.choices
    ]


def require_groups(snapshot: Snapshot, view: FeatureView, rows: int, absent: Mapping[str, int]) -> None:
    """Raise AbsentGroupsError where more rows found no row of a group than its choice in the view allows.

    Args:
        snapshot: The groups that were read.
        view: The choices, each with its `may_lack`.
        rows: How many rows were joined.
        absent: By name of a choice how many of them found no row.
    """
    refused = [
        _described(snapshot, choice, name, absent[name])
        for choice, name in zip(view.choices, choice_names(view), strict=True)
        if absent.get(name, 0) > choice.may_lack * rows
    ]
    if refused:
        raise AbsentGroupsError(view.full_name, rows, refused)


def _described(snapshot: Snapshot, choice: FeatureChoice, name: str, absent: int) -> AbsentGroup:
    newest = F.unix_micros(F.max(AVAILABLE_AT)).alias("newest")
    found = snapshot.rows(choice.group).agg(newest).first()
    known = from_micros(found["newest"] if found else None)
    shown = None if known is None else utc_text(known)
    return AbsentGroup(name, absent, choice.may_lack, choice.lookback, shown)


def _is_absent(place: int) -> Column:
    return F.col(_mark(place)).isNull()


def _mark(place: int) -> str:
    return f"{_MARK}{place}"
