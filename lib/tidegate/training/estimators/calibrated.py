"""Calibrated: a model whose probabilities are made to agree with observed shares."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.errors import UnusableRowsError
from tidegate.scorers.adjustments import Isotonic
from tidegate.scorers.portable_scorer import PortableScorer
from tidegate.tasks import Binary, Task
from tidegate.training.estimators.estimator import FittedModel, TrainingRows
from tidegate.training.estimators.held_out import without_held_out
from tidegate.training.estimators.over_another import OverAnother

_UNCALIBRATED, _CALIBRATED = "_uncalibrated", "_calibrated"


@dataclass(frozen=True)
class Calibrated(OverAnother):
    """Another estimator with isotonic calibration: a rising function turns its probability into the share that was observed.

    The other estimator is fitted to a part of the training rows. The function is fitted to its probabilities for the rest, the
    rows that are held out.

    Attributes:
        estimator: The estimator to calibrate.
        held_out: The share of the training rows that is held out, from 0.01 to 0.9.

    Raises:
        DefinitionError: A parameter has another type, or is out of its range, or the estimator can't answer Binary.
    """

    kind: ClassVar[str] = "calibrated"
    tasks: ClassVar[tuple[type[Task], ...]] = (Binary,)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.estimator.require_task(Binary(), "Calibrated")

    def fit(self, rows: TrainingRows, task: Task) -> FittedModel:
        """Fit the estimator, then the calibration.

        Raises:
            UnusableRowsError: No row was held out.
        """
        from pyspark.ml.regression import IsotonicRegression

        kept, held_out = without_held_out(rows, self.held_out)
        base = self.estimator.fit(kept, task)
        isotonic = IsotonicRegression(featuresCol=_UNCALIBRATED, labelCol=rows.label, predictionCol=_CALIBRATED)
        if rows.weight:
            isotonic = isotonic.setWeightCol(rows.weight)
        model = isotonic.fit(base.transform(held_out, [_UNCALIBRATED]))
        boundaries, values = model.boundaries.toArray(), model.predictions.toArray()
        if not len(boundaries):
            raise UnusableRowsError("rows to calibrate with", ["none were held out of the training rows"])

        def own_scores(frame: DataFrame, names: Sequence[str]) -> DataFrame:
            scored: DataFrame = model.transform(base.transform(frame, [_UNCALIBRATED]))
            # MLlib takes NaN for a number above all others.
            calibrated = F.when(F.isnan(_UNCALIBRATED), F.col(_UNCALIBRATED)).otherwise(F.col(_CALIBRATED))
            return scored.withColumn(names[0], calibrated).drop(_UNCALIBRATED, _CALIBRATED)

        adjustment = Isotonic(boundaries=tuple(map(float, boundaries)), values=tuple(map(float, values)))
        specification = base.scorer.specification.model_copy(update={"adjustments": (adjustment,)})
        return replace(
            base,
            kind=self.kind,
            scorer=PortableScorer(specification),
            pipeline=None,
            parameters=self.parameters(),
            own_scores=own_scores,
        )
