"""What can be wrong with the rules of acceptance is refused when they, or the model that has them, are defined."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pyspark.sql import types as T

from tidegate import Acceptance, Binary, FeatureChoice, FeatureGroup, FeatureView, Field, Model, ModelColumns, Naive, Regression
from tidegate.errors import DefinitionError
from tidegate.evaluation.binary import BinaryMetrics
from tidegate.training.evaluated_models import EvaluatedModels

GROUP = FeatureGroup(
    "visits",
    1,
    ("customer",),
    (
        Field("customer", T.StringType(), "customer"),
        Field("city", T.StringType(), "city"),
        Field("is_member", T.BooleanType(), "member"),
        Field("spent", T.DoubleType(), "sum of the month", "EUR"),
        Field("left", T.IntegerType(), "1 if the customer left"),
    ),
    "what customers did",
    subject="customer",
)
FEATURES = FeatureChoice(GROUP, ("city", "is_member", "spent"), timedelta(days=30))
MODEL = Model("leaving", FeatureView("customers", 1, GROUP, GROUP, ("left",), (FEATURES,)), Binary(), (Naive(),))

NUMBERS = ModelColumns((), ("spent",))

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "metric that nothing keeps": (
        {"at_most": {"log_loss": 0.1}, "at_least": {"log_loss": 0.2}},
        "nothing has a log_loss of at least 0.2 and at most 0.1",
    ),
    "bound that is no number": ({"at_least": {"skill": float("nan")}}, "the bound of skill is nan"),
    "column twice": ({"slices": ("city", "city")}, "Acceptance: slices.*name each column once"),
    "factor below 1": ({"slices": ("city",), "worst_slice_at_most": 0.9}, "worst_slice_at_most is 0.9; .* can't be below 1"),
    "factor NaN": ({"slices": ("city",), "worst_slice_at_most": float("nan")}, "worst_slice_at_most is nan"),
    "factor without an end": ({"slices": ("city",), "worst_slice_at_most": float("inf")}, "worst_slice_at_most is inf"),
    "factor of nothing": ({"worst_slice_at_most": 1.5}, "worst_slice_at_most needs slices"),
    "factor of a group": ({"group": "city", "worst_slice_at_most": 1.5}, "worst_slice_at_most needs slices"),
    "no rows": ({"least_slice_rows": 0}, "least_slice_rows is 0; a slice has at least 1 row"),
    "difference of nothing": ({"group_difference_at_most": {"loss": 0.1}}, "group_difference_at_most needs group"),
    "unknown measure": (
        {"group": "city", "group_difference_at_most": {"selection_rat": 0.1}},
        "names 'selection_rat'; groups are compared by loss or selection_rate. Did you mean 'selection_rate'?",
    ),
    "negative difference": (
        {"group": "city", "group_difference_at_most": {"loss": -0.1}},
        r"group_difference_at_most\['loss'\] is -0.1; a difference is a number from 0 up",
    ),
    "difference NaN": ({"group": "city", "group_difference_at_most": {"loss": float("nan")}}, "is nan; a difference"),
    "text as slices": ({"slices": "city"}, r"slices is 'city'; give .*\('city',\), with the comma"),
}


@pytest.mark.parametrize("rules", REFUSED)
def test_acceptance_refuses_rules_that_can_not_work(rules: str) -> None:
    arguments, message = REFUSED[rules]
    with pytest.raises(DefinitionError, match=message):
        Acceptance(**arguments)


def test_slice_columns_has_the_slices_and_the_group_once() -> None:
    assert Acceptance(slices=("city", "is_member"), group="city").slice_columns == ("city", "is_member")
    assert Acceptance(slices=("city",), group="is_member").slice_columns == ("city", "is_member")
    assert Acceptance().slice_columns == ()


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (Acceptance(slices=("ctiy",)), "model 'leaving': accept names the column 'ctiy', .* Did you mean 'city'"),
        (Acceptance(group="left"), "accept names the column 'left', which its feature view doesn't have"),
        (Acceptance(slices=("customer",)), "accept divides the test rows by 'customer', which is personal"),
        (Acceptance(group="customer"), "accept divides the test rows by 'customer', which is personal"),
        (Acceptance(slices=("spent",)), "accept divides the test rows by 'spent', which is double; name a column of texts"),
    ],
)
def test_a_model_refuses_rules_about_columns_that_can_not_be_slices(rules: Acceptance, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        replace(MODEL, accept=rules)


def test_a_model_refuses_a_personal_column_under_another_name() -> None:
    named = replace(GROUP, name="addresses", personal=("city",))
    view = replace(MODEL.view, choices=(FeatureChoice(named, ("city", "spent"), None, rename={"city": "place"}),))
    assert replace(MODEL, view=view, columns=NUMBERS)
    with pytest.raises(DefinitionError, match="model 'leaving': place is personal and can't be read by a model"):
        replace(MODEL, view=view)
    with pytest.raises(DefinitionError, match="accept divides the test rows by 'place', which is personal"):
        replace(MODEL, view=view, columns=NUMBERS, accept=Acceptance(slices=("place",)))


def test_a_model_refuses_to_compare_what_its_task_does_not_predict() -> None:
    rules = Acceptance(group="city", group_difference_at_most={"selection_rate": 0.1})
    assert replace(MODEL, accept=rules).accept.slice_columns == ("city",)
    with pytest.raises(DefinitionError, match="compares the selection_rate of groups, .* but a regression task doesn't .* loss"):
        replace(MODEL, task=Regression(), accept=rules)
    assert replace(MODEL, task=Regression(), accept=replace(rules, group_difference_at_most={"loss": 0.1}))


def test_problems_names_each_bound_that_is_not_kept() -> None:
    rules = Acceptance(at_most={"log_loss": 0.5, "brier": 0.25}, at_least={"skill": 0.1, "roc_auc": 0.7})
    metrics = {"log_loss": 0.61, "brier": 0.25, "skill": 0.05, "roc_auc": 0.7}
    assert rules.problems(metrics) == ["log_loss is 0.61, above 0.5", "skill is 0.05, below 0.1"]
    with pytest.raises(DefinitionError, match="names the metric 'skill', which was not measured; measured: brier, log_loss"):
        rules.problems({"log_loss": 0.1, "brier": 0.1, "roc_auc": 0.7})


def test_a_metric_without_a_value_breaks_its_bound_and_is_no_mistake_of_the_definition() -> None:
    one_class = {"test": {name: BinaryMetrics(9, 1.0, 0.1, 0.1, None, 1.0, 0.1, (), None) for name in ("xgboost", "naive")}}
    measured = EvaluatedModels("xgboost", one_class, ()).test_numbers
    assert Acceptance(at_least={"pr_auc": 0.5, "roc_auc": 0.7}).problems(measured) == [
        "roc_auc has no value on these test rows, for example because all of them have the same answer"
    ]
    with pytest.raises(DefinitionError, match="names the metric 'roc_acu', which was not measured; measured: .*roc_auc"):
        Acceptance(at_least={"roc_acu": 0.7}).problems(measured)
