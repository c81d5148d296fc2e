"""Parameters of estimators from the configuration: they replace those of the definition, and all mistakes are listed."""

from datetime import timedelta

import pytest
from pyspark.sql import types as T

from tidegate import Binary, BoostedTrees, FeatureChoice, FeatureGroup, FeatureView, Field, LogisticRegression, Model
from tidegate.errors import ConfigurationError
from tidegate.training.configured_models import configured_models

CUSTOMER = Field("customer", T.StringType(), "customer")
VISITS = FeatureGroup("visits", 1, ("customer",), (CUSTOMER, Field("visits", T.DoubleType(), "visits")), "visits")
LEAVING = FeatureGroup("leaving", 1, ("customer",), (CUSTOMER, Field("left", T.IntegerType(), "1: left")), "who left")
VIEW = FeatureView("churn", 1, LEAVING, LEAVING, ("left",), (FeatureChoice(VISITS, ("visits",), timedelta(days=2)),))
MODEL = Model("churn", VIEW, Binary(), (BoostedTrees(max_iter=7, seed=3), LogisticRegression()))


def test_configured_parameters_replace_those_of_the_definition() -> None:
    (found,) = configured_models([MODEL], {"churn": {"boosted_trees": {"max_iter": 5, "max_depth": 2}}})
    assert found.estimators == (BoostedTrees(max_iter=5, max_depth=2, seed=3), LogisticRegression())
    assert configured_models([MODEL], {}) == (MODEL,)


def test_all_mistakes_of_the_configuration_are_listed_with_their_keys() -> None:
    wrong = {
        "churm": {},
        "churn": {"boosted_tree": {}, "boosted_trees": {"max_dept": 3, "step_size": 2.0, "max_iter": "many"}},
    }
    with pytest.raises(ConfigurationError) as refused:
        configured_models([MODEL], wrong)
    said = str(refused.value)
    assert "5 mistake(s)" in said
    assert "unknown model training.models.churm; known here: churn. Did you mean 'churn'?" in said
    assert "unknown estimator of the model training.models.churn.boosted_tree; known here: boosted_trees, logistic" in said
    assert (
        "unknown parameter training.models.churn.boosted_trees.max_dept; known here: class_weights, max_bins, max_depth, max_iter"
        in said
    )
    assert "training.models.churn.boosted_trees.step_size = 2.0: " in said
    assert "training.models.churn.boosted_trees.max_iter = 'many': " in said
