"""The estimators, one file each, all with the same interface.

Nothing here loads MLlib before a fit, so that the definition of a system can name its estimators.
"""

from tidegate.training.estimators.boosted_trees import BoostedTrees
from tidegate.training.estimators.calibrated import Calibrated
from tidegate.training.estimators.conformal import Conformal
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows, all_estimators
from tidegate.training.estimators.last_value import LastValue
from tidegate.training.estimators.linear_regression import LinearRegression
from tidegate.training.estimators.logistic_regression import LogisticRegression
from tidegate.training.estimators.naive import Naive
from tidegate.training.estimators.own_estimator import own_model
from tidegate.training.estimators.perceptron import Perceptron
from tidegate.training.estimators.poisson_regression import PoissonRegression
from tidegate.training.estimators.random_forest import RandomForest
from tidegate.training.estimators.seasonal_naive import SeasonalNaive
from tidegate.training.estimators.xgboost import XGBoost

__all__ = [
    "BoostedTrees",
    "Calibrated",
    "Conformal",
    "Estimator",
    "FittedModel",
    "LastValue",
    "LinearRegression",
    "LogisticRegression",
    "Naive",
    "Perceptron",
    "PoissonRegression",
    "RandomForest",
    "SeasonalNaive",
    "TrainingRows",
    "XGBoost",
    "all_estimators",
    "own_model",
]
