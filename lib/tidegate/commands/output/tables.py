"""Print the results of the pipelines as tables."""

from collections.abc import Mapping

from tidegate.commands.output.result_table import ResultTable
from tidegate.commands.run import OUT
from tidegate.evaluation import Metrics, PairedDifference


def print_metrics(metrics: Mapping[str, Metrics], comparisons: tuple[PairedDifference, ...], loss: str) -> None:
    """Print the test metrics of all fitted models, and the difference in loss of the chosen one with its interval.

    Args:
        metrics: The test metrics by name of the model.
        comparisons: The chosen model compared with the others.
        loss: Name of the loss.
    """
    numbers = {name: measured.numbers() for name, measured in metrics.items()}
    # The numbers that all models share, such as the rows, tell nothing about one of them.
    shown = [each for each in dict.fromkeys(name for found in numbers.values() for name in found) if each != "rows"]
    table = ResultTable("Test metrics", "model", *(name.replace("_", " ") for name in shown))
    for name, found in numbers.items():
        table.add_row(name, *(f"{found[each]:.4f}" if each in found else "-" for each in shown))
    OUT.print(table)
    for item in comparisons:
        OUT.print(
            f"{loss.replace('_', ' ')} against {item.reference}: {item.difference:+.4f}, 95 % interval {item.lower:+.4f} to "
            f"{item.upper:+.4f} over {item.days} days",
            highlight=False,
        )


def print_seconds(seconds: Mapping[str, float]) -> None:
    """Print the seconds of each step and their sum."""
    table = ResultTable("Time", "step", "seconds")
    for name, value in seconds.items():
        table.add_row(name, f"{value:.1f}")
    table.add_row("all", f"{sum(seconds.values()):.1f}", style="bold")
    OUT.print(table)
