"""Feature importance."""

from collections.abc import Mapping

from tidegate.evaluation.plots.png import new_figure, png_of

_MOST_BARS = 25


def importance_plot(importance: Mapping[str, float]) -> bytes:
    """Draw the importance of the 25 most important columns, largest on top, and return it as PNG."""
    shown = dict(sorted(importance.items(), key=lambda item: -item[1])[:_MOST_BARS])
    figure = new_figure(height_inches=1.2 + 0.24 * len(shown))
    axes = figure.subplots()
    axes.barh(range(len(shown)), list(shown.values()))
    # Not as texts with formulas: a name may contain `$`.
    axes.set_yticks(range(len(shown)), list(shown), parse_math=False)
    axes.invert_yaxis()
    axes.set(title="Feature importance", xlabel="importance")
    return png_of(figure)
