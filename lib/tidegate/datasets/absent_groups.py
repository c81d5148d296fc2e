"""Count the rows for which the join found no row of a feature group, and refuse the result if there are too many.

If most rows find nothing in a group, the group was probably not loaded. Its features are then NULL, and a model would fill them
in silently. The rows are counted in the same pass that joins them.
"""

from collections import Counter
from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.datasets.aggregates import Aggregates
from tidegate.datasets.view import Choice, FeatureView
from tidegate.datasets.view_rows import Snapshot, Span, view_inputs
from tidegate.errors import AbsentGroup, AbsentGroupsError
from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME
from tidegate.moments import from_micros, utc_text
from tidegate.point_in_time.join import point_in_time_join

_MARK = "_chosen_"


def with_marked_features(snapshot: Snapshot, view: FeatureView, rows: DataFrame, span: Span) -> DataFrame:
    """Attach the view's features as `with_features` does, and for each choice a mark of the chosen row; NULL if there is none."""
    inputs = view_inputs(snapshot, view, span, [_mark(place) for place in range(len(view.choices))])
    return point_in_time_join(rows, EVENT_TIME, inputs)


def without_marks(joined: DataFrame, view: FeatureView) -> DataFrame:
    """Remove the marks that `with_marked_features` added."""
    return joined.drop(*[_mark(place) for place in range(len(view.choices))])


def absent_groups(view: FeatureView) -> Column:
    """Return the names of the groups in which a row with marks found no row; NULL if it found one in each group."""
    named = [F.when(_is_absent(place), F.lit(name)) for place, name in enumerate(choice_names(view))]
    found = F.array_compact(F.array(*named)) if named else F.array().cast("array<string>")
    return F.when(F.size(found) > 0, found)


def absent_counts(view: FeatureView) -> dict[str, Column]:
    """Return for each choice, by its name, an aggregate that counts the rows with marks that found no row of its group."""
    return {name: F.count_if(_is_absent(place)) for place, name in enumerate(choice_names(view))}


def listed_counts(view: FeatureView, listed: str) -> dict[str, Column]:
    """Return the same aggregates as `absent_counts` for rows without marks. `listed` is their column made by `absent_groups`."""
    return {name: F.count_if(F.coalesce(F.array_contains(listed, name), F.lit(False))) for name in choice_names(view)}


def choice_names(view: FeatureView) -> list[str]:
    """Return the names of the choices, each once.

    They are the names of the groups. If the view has several choices of a group, the look-back is added, and for aggregates their
    key.
    """
    names = Counter(choice.group.full_name for choice in view.choices)
    shown: list[str] = []
    for choice in view.choices:
        name = choice.group.full_name
        if names[name] > 1 and isinstance(choice, Aggregates):
            name = f"{name} (by {', '.join(choice.joined_on)})"
            # Choices with the same key differ in their conditions, boundary or staleness.
            name += f" {sum(each.startswith(name) for each in shown) + 1}" if name in shown else ""
        elif names[name] > 1:
            name = f"{name} ({choice.reach})"
        shown.append(name)
    return shown


def require_groups(snapshot: Snapshot, view: FeatureView, rows: int, absent: Mapping[str, int]) -> None:
    """Check that no group of a view is absent for more rows than its choice allows.

    Args:
        snapshot: The groups that were read.
        view: The view. Each of its choices has a `may_lack`.
        rows: The number of rows that were joined.
        absent: For each choice, by its name, the number of these rows that found no row of its group.

    Raises:
        AbsentGroupsError: More rows than `may_lack` allows found no row of a group.
    """
    refused = [
        _described(snapshot, choice, name, absent[name])
        for choice, name in zip(view.choices, choice_names(view), strict=True)
        if absent.get(name, 0) > choice.may_lack * rows
    ]
    if refused:
        raise AbsentGroupsError(view.full_name, rows, refused)


def _described(snapshot: Snapshot, choice: Choice, name: str, absent: int) -> AbsentGroup:
    newest = F.unix_micros(F.max(AVAILABLE_AT)).alias("newest")
    found = snapshot.rows(choice.group).agg(newest).first()
    known = from_micros(found["newest"] if found else None)
    shown = None if known is None else utc_text(known)
    if not isinstance(choice, Aggregates):
        return AbsentGroup(name, absent, choice.may_lack, choice.lookback, shown)
    loaded = snapshot.loaded_until.get(choice.group.full_name)
    until = "nobody knows how far it is loaded" if loaded is None else f"it is loaded until {utc_text(loaded)}"
    return AbsentGroup(
        name, absent, choice.may_lack, choice.reach, shown, f"{until}, and can be relied on for {choice.staleness} after it"
    )


def _is_absent(place: int) -> Column:
    return F.col(_mark(place)).isNull()


def _mark(place: int) -> str:
    return f"{_MARK}{place}"
