"""OverAnother: what estimators that adjust another one on held-out rows have in common."""

from dataclasses import dataclass

from tidegate.training.estimators.estimator import Estimator
from tidegate.training.model_columns import ModelColumns


@dataclass(frozen=True)
class OverAnother(Estimator):
    """Fits another estimator to a part of the training rows, and adjusts it on the rest, the rows that are held out.

    Attributes:
        estimator: The other estimator.
        held_out: The share of the training rows that is held out, from 0.01 to 0.9.
    """

    estimator: Estimator
    held_out: float = 0.2

    def __post_init__(self) -> None:
        self.require_parameters({"held_out": (0.01, 0.9)})

    @property
    def uses_weights(self) -> bool:
        """Whether the other estimator can use weights of rows."""
        return self.estimator.uses_weights

    @property
    def further_columns(self) -> tuple[str, ...]:
        """Those of the other estimator."""
        return self.estimator.further_columns

    def require_columns(self, columns: ModelColumns, where: str) -> None:
        """Raise DefinitionError if the other estimator needs a column that the model does not read."""
        self.estimator.require_columns(columns, where)
