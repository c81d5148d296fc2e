"""Print the results of the pipelines as tables."""

from collections.abc import Mapping

from tidegate.commands.output.result_table import ResultTable
from tidegate.commands.run import OUT
from tidegate.evaluation import Metrics, PairedDifference


def print_metrics(metrics: Mapping[str, Metrics], comparisons: tuple[PairedDifference, ...]) -> None:
    """Print the test metrics of the model and its references, and the difference in log loss with its interval."""
    table = ResultTable("Test metrics", "model", "log loss", "ROC AUC", "PR AUC", "calibration error")
    for name, measured in metrics.items():
        numbers = (measured.numbers().get(each) for each in ("log_loss", "roc_auc", "pr_auc", "calibration_error"))
        table.add_row(name, *("-" if value is None else f"{value:.4f}" for value in numbers))
    OUT.print(table)
    for item in comparisons:
        OUT.print(
            f"log loss against {item.reference}: {item.difference:+.4f}, 95 % interval {item.lower:+.4f} to "
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
