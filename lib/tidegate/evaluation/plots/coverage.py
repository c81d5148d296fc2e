"""Coverage of quantiles."""

from collections.abc import Mapping

from tidegate.evaluation.plots.png import new_figure, png_of
from tidegate.evaluation.quantiles import QuantilesMetrics


def coverage_plot(metrics: Mapping[str, QuantilesMetrics]) -> bytes:
    """Draw the share of labels at or below each quantile against its level, for each model, and return it as PNG."""
    figure = new_figure()
    axes = figure.subplots()
    for name, model in metrics.items():
        levels = [each.level for each in model.levels]
        label = f"{name}, pinball loss {model.loss:.4g}"
        axes.plot(levels, [each.coverage for each in model.levels], marker="o", label=label)
    axes.axline((0, 0), slope=1, color="grey", linewidth=1, linestyle="--")
    axes.set(title="Coverage, test rows", xlabel="level", ylabel="share of labels at or below", xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="upper left")
    return png_of(figure)
