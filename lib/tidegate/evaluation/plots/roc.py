"""ROC curves of binary models."""

from collections.abc import Mapping

from tidegate.evaluation.binary import BinaryMetrics
from tidegate.evaluation.plots.png import new_figure, png_of


def roc_plot(metrics: Mapping[str, BinaryMetrics]) -> bytes:
    """Draw the ROC curve of each model and return it as PNG."""
    figure = new_figure()
    axes = figure.subplots()
    for name, model in metrics.items():
        if model.roc is not None:
            axes.plot(model.roc.x, model.roc.y, label=f"{name}, area {model.roc_auc:.3f}")
    axes.set(title="ROC, test rows", xlabel="false positive rate", ylabel="true positive rate")
    if axes.get_lines():
        axes.legend(loc="lower right")
    return png_of(figure)
