"""The confusion matrix of a model of several classes."""

import numpy as np

from tidegate.evaluation.multiclass import MulticlassMetrics
from tidegate.evaluation.plots.png import new_figure, png_of

# With more classes, the numbers and names would overlap.
_MOST_NUMBERS = 12
_MOST_NAMES = 40


def confusion_plot(model: str, metrics: MulticlassMetrics) -> bytes:
    """Draw the share of each predicted class among the rows of each class, with the numbers of rows, and return it as PNG."""
    counts = np.array(metrics.confusion, dtype=np.float64)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    figure = new_figure()
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    figure.colorbar(image, label="share of the rows of the class")
    names = metrics.classes
    if len(names) <= _MOST_NAMES:
        axes.set_xticks(range(len(names)), [_short(name) for name in names], rotation=45, ha="right", parse_math=False)
        axes.set_yticks(range(len(names)), [_short(name) for name in names], parse_math=False)
    if len(names) <= _MOST_NUMBERS:
        for (row, column), share in np.ndenumerate(shares):
            colour = "white" if share > 0.5 else "black"
            axes.text(column, row, f"{counts[row, column]:.0f}", ha="center", va="center", color=colour)
    title = f"{model}, test rows\naccuracy {metrics.accuracy:.3f}, macro F1 {metrics.macro_f1:.3f}"
    axes.set(title=title, xlabel="predicted class", ylabel="class")
    return png_of(figure)


def _short(name: str) -> str:
    return name if len(name) <= 20 else f"{name[:19]}…"
