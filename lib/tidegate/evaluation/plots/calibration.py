"""Predicted against observed means by tenths of the rows, for probabilities, numbers and counts."""

from collections.abc import Mapping, Sequence

from tidegate.evaluation.calibration import CalibrationBin
from tidegate.evaluation.plots.png import new_figure, png_of


def calibration_plot(bins: Mapping[str, Sequence[CalibrationBin]], predicted: str, observed: str) -> bytes:
    """Draw the mean label against the mean prediction by decile, for each model, and return it as PNG.

    Args:
        bins: The bins of each model, by the text of its legend.
        predicted: What is predicted, for the horizontal axis.
        observed: What is observed, for the vertical axis.
    """
    figure = new_figure()
    axes = figure.subplots()
    for name, of_model in bins.items():
        axes.plot([each.predicted for each in of_model], [each.observed for each in of_model], marker="o", label=name)
    # After the models, so that the line does not count for the limits of the axes.
    axes.axline((0, 0), slope=1, color="grey", linewidth=1, linestyle="--")
    axes.set(title="Calibration by decile, test rows", xlabel=predicted, ylabel=observed)
    axes.legend(loc="upper left")
    return png_of(figure)
