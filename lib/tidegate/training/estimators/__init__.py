"""What can be fitted: one file an estimator, all with the same interface.

Nothing here loads MLlib before a fit, so that the definition of a system can name its estimators.
"""

from tidegate.training.estimators.boosted_trees import BoostedTrees
from tidegate.training.estimators.estimator import Estimator, FittedModel, TrainingRows, all_estimators
from tidegate.training.estimators.logistic_regression import LogisticRegression
from tidegate.training.estimators.naive import Naive

__all__ = [
    "BoostedTrees",
    "Estimator",
    "FittedModel",
    "LogisticRegression",
    "Naive",
    "TrainingRows",
    "all_estimators",
]
