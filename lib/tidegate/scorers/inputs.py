"""The inputs of a portable scorer: how a column becomes elements of the feature vector."""

from typing import Annotated, Literal

from pydantic import Field

from tidegate.scorers.frozen import Frozen


class NumericInput(Frozen):
    """A numeric column, which becomes one number of the feature vector. NULL and NaN become `fill`; None leaves NaN."""

    kind: Literal["numeric"] = "numeric"
    column: str
    fill: float | None

    @property
    def width(self) -> int:
        """How many elements of the feature vector it takes."""
        return 1


class CategoricalInput(Frozen):
    """A string column, which becomes the index of its label, as one number or one-hot encoded.

    NULL and unseen labels share the index after the last label.
    """

    kind: Literal["categorical"] = "categorical"
    column: str
    labels: tuple[str, ...]
    one_hot_width: int | None = None

    @property
    def width(self) -> int:
        """How many elements of the feature vector it takes."""
        return 1 if self.one_hot_width is None else self.one_hot_width


Input = Annotated[NumericInput | CategoricalInput, Field(discriminator="kind")]
