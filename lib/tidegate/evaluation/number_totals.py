"""Add up predicted numbers and their errors: what the metrics of a regression and of counts have in common."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pyspark.sql import Column
from pyspark.sql import functions as F

from tidegate.evaluation.calibration import CalibrationBin, calibration
from tidegate.evaluation.scored_rows import Array

# Predictions are grouped in steps of 0.4 %, and around zero in steps of 4e-9. What is beyond 1e12 is one group. So there are at
# most 21,221 groups, and a model whose predictions lie within three powers of ten has at most 1,800.
_STEPS = 256
_UNIT = 1e-6
_LARGEST = 1e12


@dataclass(frozen=True)
class NumberErrors:
    """The errors of predicted numbers. The error of a row is its prediction minus its label.

    Attributes:
        rows: Number of rows.
        mean_label: Mean label.
        mean_prediction: Mean prediction.
        mean_error: Mean error, also called bias. Above 0, predictions are too high on average.
        mae: Mean absolute error.
        mse: Mean squared error.
        calibration: Mean prediction and mean label by tenths of the rows, in order of rising predictions.
    """

    rows: int
    mean_label: float
    mean_prediction: float
    mean_error: float
    mae: float
    mse: float
    calibration: tuple[CalibrationBin, ...]

    @property
    def rmse(self) -> float:
        """Square root of the mean squared error."""
        return math.sqrt(self.mse)


def is_finite(number: Column) -> Column:
    """Return whether a number is finite; NULL for NULL."""
    # Spark sorts NaN above infinity.
    return F.abs(number) < F.lit(math.inf)


def by_size(prediction: Column) -> dict[str, Column]:
    """Return the group of a prediction: few enough to be collected, and in the order of the predictions."""
    size = F.least(F.abs(prediction), F.lit(_LARGEST))
    return {"place": F.round(F.signum(prediction) * F.log1p(size / _UNIT) * _STEPS)}


def error_sums(label: Column, prediction: Column) -> dict[str, Column]:
    """Return what to add up for `number_errors`."""
    error = prediction - label
    return {"label": label, "prediction": prediction, "absolute": F.abs(error), "squared": error * error}


def number_errors(found: Mapping[str, Array]) -> NumberErrors:
    """Return the errors of one model from the sums of `error_sums` in the groups of `by_size`."""
    rows = float(found["rows"].sum())
    means = {name: float(np.sum(found[name]) / rows) for name in ("label", "prediction", "absolute", "squared")}
    return NumberErrors(
        rows=int(rows),
        mean_label=means["label"],
        mean_prediction=means["prediction"],
        mean_error=means["prediction"] - means["label"],
        mae=means["absolute"],
        mse=means["squared"],
        calibration=calibration(found["rows"], found["prediction"], found["label"]),
    )
