"""What is said of the models of a training run: the columns they read, and their parameters; without MLlib."""

from dataclasses import dataclass

from tidegate.declared_names import require_distinct
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError

_TABLE = "__THIS__"


@dataclass(frozen=True)
class ModelColumns:
    """The columns that a model reads.

    Attributes:
        categorical: String columns; NULL and labels unseen in training form a category of their own.
        numeric: Columns of any number type, or booleans; NULL and NaN become the median of the training rows.

    Raises:
        DefinitionError: An attribute is of another type than declared, a column is named twice, or as MLlib names its
            rows, or none is named.
    """

    categorical: tuple[str, ...]
    numeric: tuple[str, ...]

    def __post_init__(self) -> None:
        require_declared_types(self)
        if not self.names:
            raise DefinitionError(
                "ModelColumns: categorical and numeric are both empty; name at least one column that the model reads."
            )
        require_distinct(self.names, "ModelColumns", "name each column once, as a category or as a number")
        for name in self.names:
            if _TABLE in name:
                raise DefinitionError(
                    f"ModelColumns: {name!r} has {_TABLE} in it, which stands for the rows in MLlib; rename it in its choice."
                )

    @property
    def names(self) -> tuple[str, ...]:
        """All columns, categorical ones first."""
        return self.categorical + self.numeric


@dataclass(frozen=True)
class BoostedTreesParameters:
    """Parameters of the gradient-boosted trees.

    Attributes:
        max_iter: Trees.
        max_depth: Splits on the way to a leaf.
        step_size: Learning rate, above 0 up to 1.
        max_bins: Candidate splits of a number; raised where a category column has more labels.
        seed: Of the row samples that candidate splits are found on.
    """

    max_iter: int = 30
    max_depth: int = 5
    step_size: float = 0.2
    max_bins: int = 64
    seed: int = 7


@dataclass(frozen=True)
class LogisticRegressionParameters:
    """Parameters of the logistic regression.

    Attributes:
        max_iter: Steps of the optimiser at most.
        reg_param: Strength of the L2 penalty.
    """

    max_iter: int = 50
    reg_param: float = 0.001
