"""The definition of a feature view as text, so that a manifest or a release can bring back the view without the code of its time.

The text holds the attributes of the view and of its groups, nothing that could be executed. It is read by building objects of a
fixed list of classes.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import timedelta
from typing import Any

from pyspark.sql import types as T

from tidegate.datasets.aggregates import Aggregates
from tidegate.datasets.feature_choice import FeatureChoice
from tidegate.datasets.future_labels import FutureLabels
from tidegate.datasets.spine_times import LocalTimes
from tidegate.datasets.spines import SpineByRule
from tidegate.datasets.view import FeatureView
from tidegate.errors import StoredViewError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.windows import CalendarDays, LastRows
from tidegate.schema import Field

# The form of the text. A reader refuses texts of a later form.
FORM = 1
_CLASSES: dict[str, type] = {
    each.__name__: each
    for each in (
        FeatureView, FeatureGroup, Field, FeatureChoice, Aggregates, Aggregate, FutureLabels, SpineByRule, LocalTimes, LastRows,
        CalendarDays,
    )
}  # fmt: skip
# What only matters when rows are written. Their conditions can be Python functions, which no text can hold.
_LEFT_OUT = ("expectations", "batch_expectations")
_MICROSECOND = timedelta(microseconds=1)


def view_as_json(view: FeatureView) -> str:
    """Return a feature view as text, with everything that reading it needs. Equal views have equal texts.

    Expectations of its feature groups are left out: they are for writing rows.
    """
    groups = list(view.stored_groups)
    parts = {"form": FORM, "groups": [_object(each, groups) for each in groups], "view": _object(view, groups)}
    return json.dumps(parts, ensure_ascii=False)


def view_from_json(text: str) -> FeatureView:
    """Return the feature view that `view_as_json` wrote as text.

    Raises:
        StoredViewError: The text is not of a view, or of a later version of tidegate.
        DefinitionError: This version of tidegate no longer allows such a view.
    """
    try:
        view = _read_view(json.loads(text))
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise StoredViewError(f"the text is not one that view_as_json wrote ({type(error).__name__})") from None
    if not isinstance(view, FeatureView):
        raise StoredViewError(f"the text is of type {type(view).__name__}, not FeatureView")
    return view


def _read_view(parts: Any) -> object:  # noqa: ANN401  # any JSON
    if parts["form"] != FORM:
        raise StoredViewError(f"the text has form {parts['form']}, and this version of tidegate reads form {FORM}")
    groups: list[object] = []
    for part in parts["groups"]:
        groups.append(_read(part, groups))
    return _read(parts["view"], groups)


def _written(value: Any, groups: Sequence[FeatureGroup]) -> Any:  # noqa: ANN401  # any attribute of a definition
    """Return a value as JSON. A value of a class is an object with one entry, whose name says what it is."""
    if isinstance(value, FeatureGroup):
        return {"group": groups.index(value)}
    if isinstance(value, timedelta):
        return {"microseconds": value // _MICROSECOND}
    if isinstance(value, T.DataType):
        return {"type": T.StructType([T.StructField("type", value)]).jsonValue()}
    if isinstance(value, Mapping):
        return {"mapping": {name: _written(each, groups) for name, each in value.items()}}
    if isinstance(value, tuple):
        return [_written(each, groups) for each in value]
    return value if value is None or isinstance(value, str | int | float) else _object(value, groups)


def _object(value: object, groups: Sequence[FeatureGroup]) -> dict[str, object]:
    """Return an object with all attributes, also those that have their default: a later version may have another default."""
    name = next(each.__name__ for each in type(value).__mro__ if each.__name__ in _CLASSES)
    named = [each.name for each in fields(_CLASSES[name]) if each.name not in _LEFT_OUT]
    return {"object": name, "attributes": {each: _written(getattr(value, each), groups) for each in named}}


def _read(part: Any, groups: Sequence[object]) -> Any:  # noqa: ANN401  # what `_written` takes
    if isinstance(part, list):
        return tuple(_read(each, groups) for each in part)
    if not isinstance(part, dict):
        return part
    kind = next(iter(part), "nothing")
    if kind not in _READERS:
        raise StoredViewError(f"it has a part {kind!r}; known: {', '.join(_READERS)}")
    return _READERS[kind](part, groups)


def _read_object(part: Any, groups: Sequence[object]) -> object:  # noqa: ANN401
    name, attributes = part["object"], part["attributes"]
    if name not in _CLASSES:
        raise StoredViewError(f"it has an object of class {name!r}; known: {', '.join(_CLASSES)}")
    known = [each.name for each in fields(_CLASSES[name])]
    strange = [each for each in attributes if each not in known]
    if strange:
        raise StoredViewError(f"its {name} has {', '.join(strange)}, which this version of tidegate does not know")
    return _CLASSES[name](**{each: _read(value, groups) for each, value in attributes.items()})


def _read_type(part: Any, groups: Sequence[object]) -> T.DataType:  # noqa: ANN401
    _refuse_classes(part["type"])
    return T.StructType.fromJson(part["type"])["type"].dataType


def _refuse_classes(kind: Any) -> None:  # noqa: ANN401  # a type as JSON
    """Raise StoredViewError for a user-defined type, for which Spark would import a module that the text names."""
    if not isinstance(kind, dict):
        return
    if kind.get("type") == "udt":
        raise StoredViewError(f"it has a column of the user-defined type {kind.get('pyClass')}, for which no class is loaded")
    inside = [field["type"] for field in kind["fields"]] if kind.get("type") == "struct" else []
    for each in (*inside, *(kind.get(name) for name in ("elementType", "keyType", "valueType"))):
        _refuse_classes(each)


_READERS: dict[str, Callable[[Any, Sequence[object]], Any]] = {
    "object": _read_object,
    "type": _read_type,
    "group": lambda part, groups: groups[part["group"]],
    "microseconds": lambda part, groups: part["microseconds"] * _MICROSECOND,
    "mapping": lambda part, groups: {name: _read(each, groups) for name, each in part["mapping"].items()},
}
