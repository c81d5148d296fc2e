"""Plots of metrics as PNG files, drawn without a display and without matplotlib's global state. Only training imports this."""

from collections.abc import Mapping

from tidegate.evaluation.binary import BinaryMetrics
from tidegate.evaluation.count import CountMetrics
from tidegate.evaluation.metrics import Metrics
from tidegate.evaluation.multiclass import MulticlassMetrics
from tidegate.evaluation.plots.calibration import calibration_plot
from tidegate.evaluation.plots.confusion import confusion_plot
from tidegate.evaluation.plots.coverage import coverage_plot
from tidegate.evaluation.plots.importance import importance_plot
from tidegate.evaluation.plots.roc import roc_plot
from tidegate.evaluation.quantiles import QuantilesMetrics
from tidegate.evaluation.regression import RegressionMetrics

__all__ = ["importance_plot", "plots_of"]


def plots_of(metrics: Mapping[str, Metrics]) -> dict[str, bytes]:
    """Draw the test metrics of several models of one task, and return PNG files by their names.

    Binary models have a ROC curve and a calibration plot, models of numbers and counts a calibration plot, models of quantiles a
    plot of their coverage. Each model of several classes has a confusion matrix.
    """
    binary = {name: each for name, each in metrics.items() if isinstance(each, BinaryMetrics)}
    numbers = {name: each.errors for name, each in metrics.items() if isinstance(each, RegressionMetrics | CountMetrics)}
    quantiles = {name: each for name, each in metrics.items() if isinstance(each, QuantilesMetrics)}
    files = {
        f"confusion_{name}.png": confusion_plot(name, each)
        for name, each in metrics.items()
        if isinstance(each, MulticlassMetrics)
    }
    if binary:
        files["roc.png"] = roc_plot(binary)
        bins = {f"{name}, log loss {each.log_loss:.4f}": each.calibration for name, each in binary.items()}
        files["calibration.png"] = calibration_plot(bins, "mean predicted probability", "observed rate")
    if numbers:
        bins = {f"{name}, MAE {each.mae:.4g}": each.calibration for name, each in numbers.items()}
        files["calibration.png"] = calibration_plot(bins, "mean prediction", "mean label")
    if quantiles:
        files["coverage.png"] = coverage_plot(quantiles)
    return files
