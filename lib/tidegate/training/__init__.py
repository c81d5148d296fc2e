"""What a training pipeline is made of: estimators, experiments, promotion."""

from tidegate.training.estimators import BoostedTreesParameters, LogisticRegressionParameters, ModelColumns
from tidegate.training.experiment import ExperimentOutcome, run_experiment
from tidegate.training.plan import Splits, TrainingPlan

__all__ = [
    "BoostedTreesParameters",
    "ExperimentOutcome",
    "LogisticRegressionParameters",
    "ModelColumns",
    "Splits",
    "TrainingPlan",
    "run_experiment",
]
