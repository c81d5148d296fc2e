"""Metrics: how well one model predicts the labels of one set of rows."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Metrics(ABC):
    """What was measured of one model on one set of rows. Each kind of task has a class of its own with further attributes.

    Attributes:
        rows: Number of rows.
    """

    rows: int

    @property
    @abstractmethod
    def loss(self) -> float:
        """The mean loss of a row, by which models are compared. Smaller is better."""

    @abstractmethod
    def details(self) -> dict[str, Any]:
        """Return what is more than a single number, such as a confusion matrix, as values that JSON can express."""

    def numbers(self) -> dict[str, float]:
        """Return the metrics that are single numbers, by name, without those that are undefined or not finite."""
        return {name: value for name, value in self.all_numbers().items() if value is not None}

    def all_numbers(self) -> dict[str, float | None]:
        """Return the metrics that are single numbers, by name; None for those that are undefined or not finite."""
        measured = {"rows": float(self.rows), **self._measured()}
        return {name: value if value is not None and math.isfinite(value) else None for name, value in measured.items()}

    @abstractmethod
    def _measured(self) -> Mapping[str, float | None]:
        """Return all numbers but `rows`, by name."""
