"""How well models predict, measured by Spark. Only aggregates of bounded size reach the driver.

Nothing here imports matplotlib: definitions of systems import this package, and every Python worker loads them. The plots are in
`tidegate.evaluation.plots`.
"""

from tidegate.evaluation.binary import BinaryMetrics
from tidegate.evaluation.calibration import CalibrationBin
from tidegate.evaluation.count import CountMetrics
from tidegate.evaluation.curves import Curve
from tidegate.evaluation.metrics import Metrics
from tidegate.evaluation.multiclass import ClassMetrics, MulticlassMetrics
from tidegate.evaluation.paired_difference import (
    MINIMUM_DAYS,
    DailyLosses,
    PairedDifference,
    daily_losses,
    paired_difference,
)
from tidegate.evaluation.quantiles import QuantileLevel, QuantilesMetrics
from tidegate.evaluation.regression import RegressionMetrics

__all__ = [
    "MINIMUM_DAYS",
    "BinaryMetrics",
    "CalibrationBin",
    "ClassMetrics",
    "CountMetrics",
    "Curve",
    "DailyLosses",
    "Metrics",
    "MulticlassMetrics",
    "PairedDifference",
    "QuantileLevel",
    "QuantilesMetrics",
    "RegressionMetrics",
    "daily_losses",
    "paired_difference",
]
