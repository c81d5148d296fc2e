"""Compute the metrics of predicted probabilities of several classes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from typing import Any

import numpy as np
from pyspark.sql import functions as F

from tidegate.evaluation.losses import multiclass_log_loss
from tidegate.evaluation.metrics import Metrics
from tidegate.evaluation.scored_rows import Array, ScoredRows, Totals, add_up

# Models that compute in single precision give sums of probabilities that differ from 1 by about a millionth for each class.
_TOLERANCE = 1e-3


@dataclass(frozen=True)
class ClassMetrics:
    """How well a model finds one class.

    Attributes:
        rows: Number of rows whose label is the class.
        precision: Share of the rows with this prediction whose label is the class; 0 without such a prediction.
        recall: Share of the rows with this label whose prediction is the class; 0 without such a label.
        f1: Harmonic mean of precision and recall; 0 without a right prediction.
    """

    rows: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class MulticlassMetrics(Metrics):
    """Metrics of one model on one set of rows, each of one of several classes. The prediction of a row is its likeliest class.

    Attributes:
        classes: The names of the classes.
        log_loss: Mean log loss, in nats; exact.
        accuracy: Share of the rows whose prediction is right.
        macro_f1: Mean F1 of the classes that occur among the labels or the predictions.
        confusion: Number of rows by class of the label, then by class of the prediction, in the order of `classes`.
        by_class: How well each class is found, in the order of `classes`.
    """

    classes: tuple[str, ...]
    log_loss: float
    accuracy: float
    macro_f1: float
    confusion: tuple[tuple[int, ...], ...]
    by_class: tuple[ClassMetrics, ...]

    @property
    def loss(self) -> float:
        """The mean log loss, in nats."""
        return self.log_loss

    def details(self) -> dict[str, Any]:
        """Return the confusion matrix, and how well each class is found."""
        by_class = {name: asdict(measured) for name, measured in zip(self.classes, self.by_class, strict=True)}
        return {"classes": list(self.classes), "confusion": [list(row) for row in self.confusion], "by_class": by_class}

    def _measured(self) -> Mapping[str, float | None]:
        return {"log_loss": self.log_loss, "accuracy": self.accuracy, "macro_f1": self.macro_f1}


def multiclass_metrics(rows: ScoredRows, classes: Sequence[str]) -> dict[str, MulticlassMetrics]:
    """Return the metrics of each model. This runs one Spark job and collects at most one row for each pair of classes and model.

    Args:
        rows: Rows with the numbers of their classes as labels, and one column with the probability of each class for each model.
        classes: The names of the classes.

    Raises:
        UnusableRowsError: There are no rows, a label is not the number of a class, or the probabilities of a row are not between
            0 and 1 or don't add up to 1.
    """
    label, probabilities = F.col("label"), [F.col(f"score_{place}") for place in range(len(classes))]
    between = reduce(lambda left, right: left & right, (each.between(0.0, 1.0) for each in probabilities))
    total = reduce(lambda left, right: left + right, probabilities)
    totals = Totals(
        usable_label=label.isin(*(float(place) for place in range(len(classes)))),
        usable_score=between & (F.abs(total - 1.0) <= _TOLERANCE),
        label_rule=f"label that is one of {len(classes)} classes",
        score_rule="probabilities between 0 and 1 that add up to 1",
        sums={"loss": multiclass_log_loss(label, probabilities)},
        groups={"label": label, "prediction": F.array_position(F.array(*probabilities), F.greatest(*probabilities)) - 1},
    )
    return {model: _metrics(found, tuple(classes)) for model, found in add_up(rows, totals).items()}


def _metrics(found: Mapping[str, Array], classes: tuple[str, ...]) -> MulticlassMetrics:
    confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
    confusion[found["label"].astype(int), found["prediction"].astype(int)] = found["rows"].astype(np.int64)
    rows = int(confusion.sum())
    by_class = tuple(_of_class(confusion, place) for place in range(len(classes)))
    occurs = (confusion.sum(axis=0) + confusion.sum(axis=1)) > 0
    return MulticlassMetrics(
        rows=rows,
        classes=classes,
        log_loss=float(found["loss"].sum() / rows),
        accuracy=float(np.trace(confusion) / rows),
        macro_f1=float(np.mean([each.f1 for each, is_there in zip(by_class, occurs, strict=True) if is_there])),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
        by_class=by_class,
    )


def _of_class(confusion: "np.ndarray[tuple[int, int], np.dtype[np.int64]]", place: int) -> ClassMetrics:
    right, labels, predictions = confusion[place, place], confusion[place].sum(), confusion[:, place].sum()
    return ClassMetrics(
        rows=int(labels),
        precision=float(right / predictions) if predictions else 0.0,
        recall=float(right / labels) if labels else 0.0,
        f1=float(2 * right / (labels + predictions)) if right else 0.0,
    )
