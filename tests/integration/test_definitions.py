"""One version of a view or model has one meaning: every change of its definition is refused with what differs."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate import (
    Acceptance,
    Binary,
    BoostedTrees,
    ByKey,
    FeatureChoice,
    FeatureGroup,
    FeatureStore,
    FeatureView,
    Field,
    Model,
    ModelColumns,
    Naive,
    Regression,
)
from tidegate.datasets.view_definition import view_definition
from tidegate.errors import ChangedDefinitionError
from tidegate.tables.definitions import Definition, changed_definitions, differences, require_definitions
from tidegate.tables.read import read_table
from tidegate.tables.store import Store

KEY, ON = Field("key", T.StringType(), "key"), Field("on", T.DateType(), "day")
NUMBERS = tuple(Field(name, T.DoubleType(), name) for name in ("a", "b", "churn"))
VALUES = FeatureGroup("values", 1, ("key", "on"), (KEY, ON, *NUMBERS), "values")
OTHERS = FeatureGroup("others", 1, ("key", "on"), (KEY, ON, *NUMBERS), "others")
LABELS = FeatureGroup(
    "labels", 1, ("key", "on"), (KEY, ON, Field("left", T.IntegerType(), "l"), Field("paid", T.IntegerType(), "p")), "l"
)
SPINE = replace(LABELS, name="spine")
CHOICE = FeatureChoice(VALUES, ("a", "b"), timedelta(days=7))
VIEW = FeatureView("churn", 1, LABELS, LABELS, ("left",), (CHOICE,))
MODEL = Model("churn", VIEW, Binary(), (Naive(),))

# For each field of a choice, a view and a model another value, and what is said of it; None: it changes no value.
CHOICES: dict[str, tuple[object, str | None]] = {
    "group": (OTHERS, "choices.others_v1 was not there"),
    "features": (("a",), "choices.values_v1.features was a, b, is a"),
    "lookback": (timedelta(days=8), "choices.values_v1.lookback was 7 days, 0:00:00, is 8 days, 0:00:00"),
    "boundary": ("exclusive", "choices.values_v1.boundary was inclusive, is exclusive"),
    "rename": ({"a": "first"}, "choices.values_v1.names was a, b, is first, b"),
    "may_lack": (1.0, None),
}
VIEWS: dict[str, tuple[object, str | None]] = {
    "name": ("other", None),
    "version": (2, None),
    "spine": (SPINE, "spine was labels_v1, is spine_v1"),
    "labels": (SPINE, "labels was labels_v1, is spine_v1"),
    "targets": (("paid",), "targets was left, is paid"),
    "choices": ((CHOICE, FeatureChoice(OTHERS, ("churn",), timedelta(1))), "choices.others_v1 was not there"),
}
MODELS: dict[str, tuple[object, str | None]] = {
    "view": (replace(VIEW, version=2), None),
    "name": ("other", None),
    "task": (Regression(), "task was not there, is regression by squared_error"),
    "estimators": ((BoostedTrees(),), None),
    "target": ("left", None),
    "columns": (ModelColumns(("key",), ("a", "b")), "categorical was none, is key"),
    "weight": ("b", "numeric was a, b, is a; weight was not there, is b"),
    "carried": (("paid",), None),
    "may_lack": (0.5, None),
    "accept": (Acceptance(at_most={"log_loss": 1.0}), None),
    "day": ("on", "day was UTC, is on"),
    "split": (ByKey(("a",)), "split was not there, is by hash of a, shares 0.6, 0.2, 0.2, seed 0"),
    "version": (2, None),
}


def changed(original: Definition, other: Definition) -> str | None:
    """Return what is said where the other one has the key of the original."""
    if original.key != other.key:
        return None
    return "; ".join(differences(json.loads(original.text), json.loads(other.text))) or None


def of_choice(changes: dict[str, object]) -> Definition:
    return view_definition(replace(VIEW, choices=(replace(CHOICE, **changes),)))


def of_view(changes: dict[str, object]) -> Definition:
    return view_definition(replace(VIEW, **changes))


def of_model(changes: dict[str, object]) -> Definition:
    return replace(MODEL, **changes).definition


@pytest.mark.parametrize(
    ("original", "cases", "defined"),
    [(CHOICE, CHOICES, of_choice), (VIEW, VIEWS, of_view), (MODEL, MODELS, of_model)],
    ids=["choice", "view", "model"],
)
def test_every_field_of_a_definition_is_part_of_its_meaning_or_known_not_to_be(
    original: object, cases: dict[str, tuple[object, str | None]], defined: Callable[[dict[str, object]], Definition]
) -> None:
    """A field that is added later has to be given a case here, and so a decision."""
    assert {field.name for field in fields(original)} == set(cases)  # type: ignore[arg-type]
    for name, (value, said) in cases.items():
        found = changed(defined({}), defined({name: value}))
        assert (found is None) == (said is None), name
        assert found is None or (said or "") in found, name


def test_a_version_means_what_it_meant_at_its_first_use(spark: SparkSession, tmp_path: Path) -> None:
    store = Store.open(spark, str(tmp_path))
    first = [view_definition(VIEW), MODEL.definition]
    for _ in range(2):
        require_definitions(store, first)
    other = replace(VIEW, targets=("paid",))
    with pytest.raises(ChangedDefinitionError) as refused:
        require_definitions(store, [replace(MODEL, name="new").definition, view_definition(other)])
    assert str(refused.value).startswith(
        "feature view churn, version 1, was used before with another definition: targets was left, is paid. A version keeps "
        "its definition: give the changed feature view version 2"
    )
    assert list(map(str, changed_definitions(store, [*first, view_definition(other)]))) == [str(refused.value)]
    # Refused whole, and a version of its own is welcome.
    assert read_table(spark, store.layout.definitions).count() == 2
    require_definitions(store, [view_definition(replace(other, version=2))])
    assert sorted(tuple(row) for row in read_table(spark, store.layout.definitions).select("kind", "version").collect()) == [
        ("feature view", 1), ("feature view", 2), ("model", 1),
    ]  # fmt: skip


def test_two_views_of_one_version_do_not_share_a_training_dataset(spark: SparkSession, tmp_path: Path) -> None:
    store, day = FeatureStore(spark, str(tmp_path)), datetime(2024, 1, 1, tzinfo=UTC)
    store.write(VALUES, spark.createDataFrame([("k", day.date(), 1.0, 2.0, 3.0, day, None)], VALUES.schema))
    store.write(LABELS, spark.createDataFrame([("k", day.date(), 1, 0, day, None)], LABELS.schema))
    store.training_dataset(VIEW, day, day + timedelta(days=1))
    with pytest.raises(ChangedDefinitionError, match="targets was left, is left, paid"):
        store.training_dataset(replace(VIEW, targets=("left", "paid")), day, day + timedelta(days=1))
    assert store.audit.manifests().count() == 1
