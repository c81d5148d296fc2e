"""ModelColumns: the columns that a model reads. Importing it loads no MLlib."""

from dataclasses import dataclass

from tidegate.declared_names import require_distinct
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError

_TABLE = "__THIS__"


@dataclass(frozen=True)
class ModelColumns:
    """The columns that a model reads.

    Attributes:
        categorical: String columns. NULL and texts that training did not see form a category of their own.
        numeric: Columns of any number type, or booleans. The estimators of MLlib replace NULL and NaN by the median of the
            training rows; `XGBoost` treats them as missing.

    Raises:
        DefinitionError: An attribute has another type than declared, no column is named, a column is named twice, or a name
            contains `__THIS__`, which MLlib replaces in SQL statements.
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
                    f"ModelColumns: {name!r} contains {_TABLE}, which MLlib replaces by the name of its input table; rename the "
                    "column in its FeatureChoice."
                )

    @property
    def names(self) -> tuple[str, ...]:
        """All columns, categorical ones first."""
        return self.categorical + self.numeric
