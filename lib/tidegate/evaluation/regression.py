"""Compute the metrics of predicted numbers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pyspark.sql import functions as F

from tidegate.evaluation.metrics import Metrics
from tidegate.evaluation.number_totals import NumberErrors, by_size, error_sums, is_finite, number_errors
from tidegate.evaluation.scored_rows import Array, ScoredRows, Totals, add_up


@dataclass(frozen=True)
class RegressionMetrics(Metrics):
    """Metrics of one model on one set of rows whose labels are numbers.

    Attributes:
        loss_of: Which error is the loss of a row.
        errors: The errors, in the unit of the label.
        mape: Mean absolute error as a share of the absolute label, over the rows whose label is not 0; None without such rows.
        mape_left_out: Number of rows with label 0. They have no relative error, so `mape` leaves them out.
    """

    loss_of: Literal["squared", "absolute"]
    errors: NumberErrors
    mape: float | None
    mape_left_out: int

    @property
    def loss(self) -> float:
        """The mean squared error, or the mean absolute error, as the task says."""
        return self.errors.mse if self.loss_of == "squared" else self.errors.mae

    def details(self) -> dict[str, Any]:
        """Return mean prediction and mean label by tenths of the rows."""
        return {"calibration": [asdict(each) for each in self.errors.calibration]}

    def _measured(self) -> Mapping[str, float | None]:
        names = ("mae", "rmse", "mean_error", "mean_label", "mean_prediction")
        errors = {name: getattr(self.errors, name) for name in names}
        return {f"{self.loss_of}_error": self.loss, **errors, "mape": self.mape, "mape_left_out": float(self.mape_left_out)}


def regression_metrics(rows: ScoredRows, loss_of: Literal["squared", "absolute"]) -> dict[str, RegressionMetrics]:
    """Return the metrics of each model. This runs one Spark job and collects at most 21,221 rows for each model.

    Args:
        rows: Rows with numbers as labels, and one column with the predicted number for each model.
        loss_of: Which error is the loss of a row.

    Raises:
        UnusableRowsError: There are no rows, or a label or a prediction is NULL or not finite.
    """
    label, prediction = F.col("label"), F.col("score_0")
    relative = F.try_divide(F.abs(prediction - label), F.abs(label))
    totals = Totals(
        usable_label=is_finite(label),
        usable_score=is_finite(prediction),
        label_rule="finite label",
        score_rule="finite prediction",
        # A sum ignores NULL, which is what a division by zero gives.
        sums={**error_sums(label, prediction), "relative": F.coalesce(relative, F.lit(0.0)), "zero": (label == 0).cast("double")},
        groups=by_size(prediction),
    )
    return {model: _metrics(found, loss_of) for model, found in add_up(rows, totals).items()}


def _metrics(found: Mapping[str, Array], loss_of: Literal["squared", "absolute"]) -> RegressionMetrics:
    errors = number_errors(found)
    zero = int(found["zero"].sum())
    relative = float(found["relative"].sum())
    mape = relative / (errors.rows - zero) if zero < errors.rows else None
    return RegressionMetrics(rows=errors.rows, loss_of=loss_of, errors=errors, mape=mape, mape_left_out=zero)
