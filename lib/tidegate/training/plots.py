"""Plots of an experiment as PNG files, drawn without a display and without matplotlib's global state."""

import io
from collections.abc import Mapping

from matplotlib.figure import Figure

from tidegate.evaluation import Metrics

_SIZE_INCHES = (6.4, 4.8)
_MOST_BARS = 25


def roc_plot(metrics: Mapping[str, Metrics]) -> bytes:
    """Draw the ROC curve of each model and return it as PNG."""
    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    axes = figure.subplots()
    for name, model in metrics.items():
        if model.roc is not None:
            axes.plot(model.roc.x, model.roc.y, label=f"{name}, area {model.roc_auc:.3f}")
    axes.set(title="ROC, test rows", xlabel="false positive rate", ylabel="true positive rate")
    axes.legend(loc="lower right")
    return _png(figure)


def calibration_plot(metrics: Mapping[str, Metrics]) -> bytes:
    """Draw the observed rate against the mean prediction by decile, for each model, and return it as PNG."""
    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    axes = figure.subplots()
    axes.axline((0, 0), slope=1, color="grey", linewidth=1, linestyle="--")
    for name, model in metrics.items():
        predicted = [item.predicted for item in model.calibration]
        observed = [item.observed for item in model.calibration]
        axes.plot(predicted, observed, marker="o", label=f"{name}, log loss {model.log_loss:.4f}")
    axes.set(title="Calibration by decile, test rows", xlabel="mean predicted probability", ylabel="observed rate")
    axes.legend(loc="upper left")
    return _png(figure)


def importance_plot(importance: Mapping[str, float]) -> bytes:
    """Draw the 25 columns with the largest share in the gain of the trees, largest on top, and return it as PNG."""
    shown = dict(list(importance.items())[:_MOST_BARS])
    figure = Figure(figsize=(_SIZE_INCHES[0], 1.2 + 0.24 * len(shown)), layout="constrained")
    axes = figure.subplots()
    axes.barh(list(shown), list(shown.values()))
    axes.invert_yaxis()
    axes.set(title="Feature importance", xlabel="share of gain")
    return _png(figure)


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=110)
    return content.getvalue()
