"""No public verb takes a moment without a zone; every one that takes a moment is found by its signature."""

import dataclasses
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from types import ModuleType, UnionType
from zoneinfo import ZoneInfo

import pytest
import typer
from pyspark.sql import types as T
from pyspark.sql.classic.dataframe import DataFrame as ClassicDataFrame
from tests.loading import step_of

import tidegate
from tidegate import (
    FeatureChoice,
    FeatureGroup,
    FeatureView,
    Field,
    FullState,
    JsonLines,
    Model,
    Period,
    Regression,
    RowChoice,
    Source,
    System,
)
from tidegate.cli import COMMANDS
from tidegate.commands.options import MOMENT_FORMATS
from tidegate.datasets.explain_view import entity_of_spine
from tidegate.errors import DefinitionError, NaiveMomentError
from tidegate.moments import from_micros, require_moment, utc_text

NAIVE = datetime(2024, 1, 31, 12)  # noqa: DTZ001  # what is to be refused
AWARE = datetime(2024, 1, 31, 12, tzinfo=UTC)
# Everything in them that has a public name is a verb, or what a verb takes.
PACKAGES = ("tidegate.feature_store", "tidegate.pipelines", "tidegate.datasets")
MODULES = (
    "tidegate.system",
    "tidegate.period",
    "tidegate.system_plan",
    "tidegate.feature_groups.writing.batch",
    "tidegate.feature_groups.writing.delete",
    "tidegate.feature_groups.read",
    "tidegate.feature_groups.writing.requeue",
)
# What takes a moment that a verb above it has looked at, or that tidegate made itself.
INSIDE = {
    *("known_at", "batch_of", "StateMark", "Snapshot.standing", "FetchedFile", "loaded_days", "rows_to_predict", "spine_rows"),
    *("hours_of_next_day", "LocalTimes.between", "model_outcomes", "withdrawn_events"),
}


def modules() -> Iterator[ModuleType]:
    yield tidegate
    yield from map(importlib.import_module, MODULES)
    for package in map(importlib.import_module, PACKAGES):
        yield from (
            importlib.import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__)
        )


def takes_moment(annotation: object) -> bool:
    if annotation is datetime:
        return True
    is_union = isinstance(annotation, UnionType) or typing.get_origin(annotation) is typing.Union
    return is_union and datetime in typing.get_args(annotation)


def public_callables() -> dict[str, object]:
    """Every public function, constructor and method, by name."""
    found: dict[str, object] = {}
    for module in modules():
        for name, value in vars(module).items():
            own = getattr(value, "__module__", "") == module.__name__ or module is tidegate
            if name.startswith("_") or not own or not callable(value):
                continue
            found[name] = value
            if inspect.isclass(value):
                methods = inspect.getmembers(value, inspect.isfunction)
                found |= {f"{name}.{each}": method for each, method in methods if not each.startswith("_")}
    return found


CASES = [
    (name, parameter)
    for name, called in sorted(public_callables().items())
    if name not in INSIDE and (inspect.isfunction(called) or dataclasses.is_dataclass(called))
    for parameter, annotation in typing.get_type_hints(called.__init__ if inspect.isclass(called) else called).items()  # type: ignore[misc]
    if parameter != "return" and takes_moment(annotation)
]


AT = Field("at", T.TimestampType(), "a time as a key")
GROUP = FeatureGroup("readings", 1, ("at",), (AT, Field("v", T.LongType(), "v")), "readings")
VIEW = FeatureView("v", 1, GROUP, GROUP, ("v",), (FeatureChoice(GROUP, ("v",), timedelta(1), rename={"v": "w"}),))
SOURCE = Source("feed", (AT,), JsonLines())
# A frame with which nothing can be done, because it has no session.
FRAME = object.__new__(ClassicDataFrame)
DAY = Period(date(2024, 1, 31), date(2024, 1, 31))
SYSTEM = System("readings", "question", models=(Model("readings", VIEW, Regression(), ()),))
DEFINED = (
    *(GROUP, VIEW, step_of(SOURCE, GROUP, "feed", lambda rows: rows), RowChoice(start=AWARE), {"at": AWARE}, FRAME),
    *(DAY, SYSTEM, "readings"),
)


def given_for(hint: object) -> object:
    """Return a value for a parameter with this annotation."""
    if takes_moment(hint):
        return AWARE
    kinds = typing.get_args(hint) if isinstance(hint, UnionType) else (typing.get_origin(hint) or hint,)
    return next((value for value in DEFINED for kind in kinds if inspect.isclass(kind) and isinstance(value, kind)), object())


@pytest.mark.parametrize(("name", "parameter"), CASES)
def test_a_moment_without_a_zone_is_refused_before_anything_else_is_looked_at(name: str, parameter: str) -> None:
    """All else is a definition, or a thing that nothing can be done with: without a session no job can have started."""
    called = public_callables()[name]
    hints = typing.get_type_hints(called.__init__ if inspect.isclass(called) else called)  # type: ignore[misc]
    wanted = inspect.signature(called).parameters  # type: ignore[arg-type]
    needed = [
        each
        for each, found in wanted.items()
        if (found.default is inspect.Parameter.empty and found.kind is not inspect.Parameter.VAR_POSITIONAL) or each == parameter
    ]
    given = {each: given_for(hints.get(each)) for each in needed}
    with pytest.raises(NaiveMomentError, match="2024-01-31T12:00:00, which has no time zone. Give it one"):
        called(**{**given, parameter: NAIVE})  # type: ignore[operator]


def test_the_verbs_that_take_moments_are_found() -> None:
    verbs = {"as_known", "requeue", "delete", "explain", "training_dataset"}
    assert {name for name, _ in CASES} >= {*(f"FeatureStore.{verb}" for verb in verbs), "Batch", "FullState", "RowChoice"}
    assert {name for name, _ in CASES} >= {
        "run_inference_pipeline",
        "run_maintenance",
        "TimeSplit",
        "Span",
        "PageInputs",
        "LoadRequest",
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_options_of_commands_are_days_or_moments_with_a_zone(command: str) -> None:
    for name, hint in typing.get_type_hints(COMMANDS[command], include_extras=True).items():
        options = [each for each in typing.get_args(hint) if isinstance(each, typer.models.OptionInfo)]
        if takes_moment(hint if not options else typing.get_args(hint)[0]):
            assert options[0].formats in (MOMENT_FORMATS, ["%Y-%m-%d"]), name
    assert all(form.endswith("%z") for form in MOMENT_FORMATS)


@pytest.mark.parametrize("days", [(NAIVE, date(2024, 2, 1)), (date(2024, 1, 1), AWARE)])
def test_a_period_takes_days_and_no_moments(days: tuple[date, date]) -> None:
    with pytest.raises(DefinitionError, match="is the moment .*Give a day: date.2024, 1, 31."):
        Period(*days)


def test_values_that_are_moments_need_a_zone_too() -> None:
    with pytest.raises(NaiveMomentError, match="season in the scope of a full state"):
        FullState(AWARE, {"season": NAIVE})
    with pytest.raises(NaiveMomentError, match="the value of at is 2024"):
        entity_of_spine(object(), VIEW, {"at": NAIVE}, AWARE)  # type: ignore[arg-type]
    assert entity_of_spine(object(), VIEW, {"at": AWARE}, AWARE).values == {"at": AWARE}  # type: ignore[arg-type]


def test_moments_are_shown_in_utc() -> None:
    local = datetime(2024, 1, 31, 12, 0, 0, 5, tzinfo=ZoneInfo("America/New_York"))
    assert utc_text(local) == "2024-01-31T17:00:00.000005Z"
    with pytest.raises(NaiveMomentError, match=r"is 2024-\S+, which has no time zone\. Give it one"):
        utc_text(NAIVE)
    require_moment(None, "nothing")
    assert (from_micros(None), from_micros(-1)) == (None, datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))
