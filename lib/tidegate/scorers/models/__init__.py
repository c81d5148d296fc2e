"""The kinds of models that a portable scorer can hold, one file each."""

from typing import Annotated

from pydantic import Field

from tidegate.scorers.models.base_rate import BaseRate
from tidegate.scorers.models.boosted_trees import BoostedTrees
from tidegate.scorers.models.class_forest import ClassForest
from tidegate.scorers.models.constant import Constant
from tidegate.scorers.models.first_value import FirstValue
from tidegate.scorers.models.linear_regression import LinearRegression
from tidegate.scorers.models.logistic_regression import LogisticRegression
from tidegate.scorers.models.multinomial_regression import MultinomialRegression
from tidegate.scorers.models.own_model import OwnModel, OwnScorer
from tidegate.scorers.models.perceptron import Layer, Perceptron
from tidegate.scorers.models.scorer_model import Matrix, ScorerModel
from tidegate.scorers.models.summed_trees import SummedTrees
from tidegate.scorers.models.xgboost_trees import XGBoostTrees

Model = Annotated[
    BaseRate
    | BoostedTrees
    | ClassForest
    | Constant
    | FirstValue
    | LinearRegression
    | LogisticRegression
    | MultinomialRegression
    | OwnModel
    | Perceptron
    | SummedTrees
    | XGBoostTrees,
    Field(discriminator="kind"),
]

__all__ = [
    "BaseRate",
    "BoostedTrees",
    "ClassForest",
    "Constant",
    "FirstValue",
    "Layer",
    "LinearRegression",
    "LogisticRegression",
    "Matrix",
    "Model",
    "MultinomialRegression",
    "OwnModel",
    "OwnScorer",
    "Perceptron",
    "ScorerModel",
    "SummedTrees",
    "XGBoostTrees",
]
