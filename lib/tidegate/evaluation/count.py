"""Compute the metrics of predicted rates: expected numbers of events."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pyspark.sql import functions as F

from tidegate.evaluation.losses import poisson_deviance
from tidegate.evaluation.metrics import Metrics
from tidegate.evaluation.number_totals import NumberErrors, by_size, error_sums, is_finite, number_errors
from tidegate.evaluation.scored_rows import Array, ScoredRows, Totals, add_up


@dataclass(frozen=True)
class CountMetrics(Metrics):
    """Metrics of one model on one set of rows whose labels are numbers of events.

    Attributes:
        poisson_deviance: Mean Poisson deviance; exact.
        errors: The errors of the rate, in events.
    """

    poisson_deviance: float
    errors: NumberErrors

    @property
    def loss(self) -> float:
        """The mean Poisson deviance."""
        return self.poisson_deviance

    def details(self) -> dict[str, Any]:
        """Return mean rate and mean number of events by tenths of the rows."""
        return {"calibration": [asdict(each) for each in self.errors.calibration]}

    def _measured(self) -> Mapping[str, float | None]:
        errors = {name: getattr(self.errors, name) for name in ("mae", "rmse", "mean_label")}
        return {"poisson_deviance": self.poisson_deviance, **errors, "mean_rate": self.errors.mean_prediction}


def count_metrics(rows: ScoredRows) -> dict[str, CountMetrics]:
    """Return the metrics of each model. This runs one Spark job and collects at most 21,221 rows for each model.

    Args:
        rows: Rows with numbers of events as labels, and one column with the predicted rate for each model.

    Raises:
        UnusableRowsError: There are no rows, a label is not a whole number from 0 on, or a rate is NULL, negative or not finite.
    """
    label, rate = F.col("label"), F.col("score_0")
    totals = Totals(
        usable_label=is_finite(label) & (label >= 0) & (label == F.rint(label)),
        usable_score=is_finite(rate) & (rate >= 0),
        label_rule="label that is a whole number from 0 on",
        score_rule="finite rate from 0 on",
        sums={**error_sums(label, rate), "deviance": poisson_deviance(label, rate)},
        groups=by_size(rate),
    )
    return {model: _metrics(found) for model, found in add_up(rows, totals).items()}


def _metrics(found: Mapping[str, Array]) -> CountMetrics:
    errors = number_errors(found)
    return CountMetrics(rows=errors.rows, poisson_deviance=float(found["deviance"].sum() / errors.rows), errors=errors)
