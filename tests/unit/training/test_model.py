"""The definition of a model: what follows from the view, and what is refused when it is defined."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pyspark.sql import types as T

from tidegate import (
    Binary,
    BoostedTrees,
    Count,
    FeatureChoice,
    FeatureGroup,
    FeatureView,
    Field,
    LastValue,
    Model,
    ModelColumns,
    Multiclass,
    PoissonRegression,
    Quantiles,
    Regression,
    SeasonalNaive,
)
from tidegate.errors import DefinitionError

KEY, DAY = Field("customer", T.StringType(), "customer"), Field("day", T.DateType(), "day")
TARGETS = (
    Field("left", T.BooleanType(), "whether the customer left"),
    Field("spent", T.DecimalType(9, 2), "sum of the month"),
    Field("orders", T.LongType(), "orders of the month"),
    Field("mood", T.StringType(), "good or bad"),
)
VALUES = (
    Field("visits", T.IntegerType(), "visits"),
    Field("is_member", T.BooleanType(), "member"),
    Field("city", T.StringType(), "city"),
    Field("importance", T.DoubleType(), "weight of the row"),
)
FEATURES = FeatureGroup("activity", 1, ("customer",), (KEY, DAY, *VALUES), "activity")
LABELS = FeatureGroup("results", 1, ("customer",), (KEY, *TARGETS), "results")
NAMES = tuple(field.name for field in VALUES)
VIEW = FeatureView(
    "customers", 1, LABELS, LABELS, tuple(field.name for field in TARGETS), (FeatureChoice(FEATURES, NAMES, timedelta(days=9)),)
)
LEAVING = Model("leaving", VIEW, Binary(), (BoostedTrees(),), target="left")


def test_the_columns_of_a_model_follow_from_the_types_of_the_view() -> None:
    assert LEAVING.model_columns == ModelColumns(("city",), ("visits", "is_member", "importance"))
    weighted = replace(LEAVING, weight="importance")
    assert weighted.model_columns == ModelColumns(("city",), ("visits", "is_member"))
    with pytest.raises(
        DefinitionError, match="model 'leaving': day is date; a model reads numbers, booleans and strings.*columns="
    ):
        replace(LEAVING, view=replace(VIEW, choices=(FeatureChoice(FEATURES, ("day",), None),)))


def test_a_view_with_several_targets_needs_a_choice() -> None:
    with pytest.raises(DefinitionError, match="has the targets left, spent, orders, mood; say which one .* target='left'"):
        replace(LEAVING, target=None)
    with pytest.raises(DefinitionError, match="target names 'sepnt', which the targets .* Did you mean 'spent'"):
        replace(LEAVING, target="sepnt")
    assert Model("leaving", replace(VIEW, targets=("left",)), Binary(), (BoostedTrees(),)).predicted == "left"


FITTING = {
    "left": {Binary()},
    "spent": {Binary(), Regression(), Count(), Quantiles()},
    "orders": {Binary(), Regression(), Count(), Quantiles(), Multiclass((0, 1, 2))},
    "mood": {Multiclass(("good", "bad"))},
}


@pytest.mark.parametrize("target", FITTING)
def test_a_target_that_does_not_fit_the_task_is_refused(target: str) -> None:
    for task in (Binary(), Regression(), Count(), Quantiles(), Multiclass((0, 1, 2)), Multiclass(("good", "bad"))):
        if task in FITTING[target]:
            assert Model("m", VIEW, task, (), target=target).predicted == target
        else:
            with pytest.raises(DefinitionError, match=f"model 'm': target '{target}' is .*a label of a {task.kind} task is"):
                Model("m", VIEW, task, (), target=target)


def test_an_estimator_that_can_not_answer_the_task_is_refused() -> None:
    with pytest.raises(
        DefinitionError, match=r"model 'leaving': PoissonRegression answers Count, but not Binary\. Estimators that"
    ):
        replace(LEAVING, estimators=(PoissonRegression(),))


def test_a_prediction_column_that_the_task_writes_can_not_be_carried() -> None:
    spine = replace(LABELS, fields=(KEY, *TARGETS, Field("probability", T.DoubleType(), "told by another model")))
    view = replace(VIEW, spine=spine)
    with pytest.raises(DefinitionError, match="model 'leaving': the prediction table: probability: tidegate adds columns"):
        replace(LEAVING, view=view, carried=("probability",))
    assert Model("spent", view, Regression(), (), target="spent", carried=("probability",)).kept == ("customer", "probability")


def test_a_share_of_rows_without_an_answer_lies_between_0_and_1() -> None:
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(DefinitionError, match="may_lack is .*; a share lies between 0 and 1"):
            replace(LEAVING, may_lack=share)


def test_an_estimator_reads_only_columns_of_the_view_and_never_the_target() -> None:
    counted = replace(
        LEAVING, task=Count(), target="orders", columns=ModelColumns(("city",), ()), estimators=(LastValue("visits"),)
    )
    for estimator in (LastValue("orders"), SeasonalNaive("visits", ("orders",))):
        with pytest.raises(
            DefinitionError, match=f"model 'leaving': {type(estimator).__name__} names 'orders', which feature view"
        ):
            replace(counted, estimators=(estimator,))
