"""A user's own estimator, as in docs/estimators.md: naive Bayes of scikit-learn, fitted on the driver."""

import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from pyspark.sql import functions as F
from sklearn.naive_bayes import GaussianNB

from tidegate import Binary, Estimator, FittedModel, Multiclass, OwnScorer, Task, TrainingRows, own_model


def finite(frame: pd.DataFrame) -> np.ndarray:
    return np.nan_to_num(frame.to_numpy(), posinf=0.0, neginf=0.0)


FITTED = ("theta_", "var_", "class_prior_", "classes_")


class NaiveBayesScorer(OwnScorer):
    """Naive Bayes on numbers; a missing or an infinite one counts as 0."""

    def __init__(self, model: GaussianNB, columns: list[str]) -> None:
        self.model, self.columns = model, columns

    def to_bytes(self) -> bytes:
        return json.dumps({"columns": self.columns} | {name: getattr(self.model, name).tolist() for name in FITTED}).encode()

    @staticmethod
    def from_bytes(content: bytes) -> "NaiveBayesScorer":
        stored, model = json.loads(content), GaussianNB()
        for name in FITTED:
            setattr(model, name, np.array(stored[name]))
        return NaiveBayesScorer(model, stored["columns"])

    def scores(self, frame: pd.DataFrame) -> np.ndarray:
        return self.model.predict_proba(finite(frame[self.columns]))


@dataclass(frozen=True)
class NaiveBayes(Estimator):
    """Fits naive Bayes on the driver, to at most `most_rows` of the training rows."""

    most_rows: int = 100_000

    kind: ClassVar = "naive_bayes"
    tasks: ClassVar = (Binary, Multiclass)

    def __post_init__(self) -> None:
        self.require_parameters({"most_rows": (1, 1_000_000)})

    def fit(self, rows: TrainingRows, task: Task) -> FittedModel:
        columns = list(rows.columns.numeric)
        numbers = [F.col(f"`{name}`").cast("double") for name in columns]
        frame = rows.frame.select(*numbers, rows.label).limit(self.most_rows).toPandas()
        model = GaussianNB().fit(finite(frame.iloc[:, :-1]), frame.iloc[:, -1].to_numpy())
        return own_model(self, NaiveBayesScorer(model, columns), rows, task)
