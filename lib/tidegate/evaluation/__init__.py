"""Metrics of predicted probabilities, computed by Spark. Only aggregates of bounded size reach the driver."""

from tidegate.evaluation.calibration import CalibrationBin
from tidegate.evaluation.curves import Curve
from tidegate.evaluation.metrics import Metrics, evaluate
from tidegate.evaluation.paired_difference import (
    MINIMUM_DAYS,
    DailyLosses,
    PairedDifference,
    daily_losses,
    paired_difference,
)

__all__ = [
    "MINIMUM_DAYS",
    "CalibrationBin",
    "Curve",
    "DailyLosses",
    "Metrics",
    "PairedDifference",
    "daily_losses",
    "evaluate",
    "paired_difference",
]
