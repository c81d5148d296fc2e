"""The content of a portable scorer, as frozen and validated data that is stored as JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class NumericInput(_Frozen):
    """A numeric column, which becomes one number of the feature vector. NULL and NaN become `fill`."""

    kind: Literal["numeric"] = "numeric"
    column: str
    fill: float

    @property
    def width(self) -> int:
        """How many elements of the feature vector it takes."""
        return 1


class CategoricalInput(_Frozen):
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


class Leaf(_Frozen):
    """The end of a path through a tree; `value` is added to the margin."""

    kind: Literal["leaf"] = "leaf"
    value: float


class NumericSplit(_Frozen):
    """Rows whose feature is at most the threshold go left. `left` and `right` are positions of nodes in the tree."""

    kind: Literal["numeric"] = "numeric"
    feature: int
    threshold: float
    left: int
    right: int


class CategorySplit(_Frozen):
    """Rows whose feature is one of the listed categories go left. `left` and `right` are positions of nodes in the tree."""

    kind: Literal["categories"] = "categories"
    feature: int
    categories: tuple[int, ...]
    left: int
    right: int


Node = Annotated[Leaf | NumericSplit | CategorySplit, Field(discriminator="kind")]
Tree = tuple[Node, ...]


class BoostedTrees(_Frozen):
    """A sum of trees, with P(1) = 1 - 1 / (1 + exp(2 * margin)) as in MLlib's log loss for labels of -1 and 1."""

    kind: Literal["boosted_trees"] = "boosted_trees"
    trees: tuple[Tree, ...]


class LogisticRegression(_Frozen):
    """A weighted sum of the features plus the intercept, with P(1) = 1 / (1 + exp(-margin))."""

    kind: Literal["logistic_regression"] = "logistic_regression"
    coefficients: tuple[float, ...]
    intercept: float


class BaseRate(_Frozen):
    """No fitted model: the probability of every row is the share of class 1 among the training rows."""

    kind: Literal["base_rate"] = "base_rate"
    probability: float = Field(ge=0, le=1)


Input = Annotated[NumericInput | CategoricalInput, Field(discriminator="kind")]


class Specification(_Frozen):
    """The inputs in the order of the feature vector, and the model that reads it."""

    format: Literal[1] = 1
    inputs: tuple[Input, ...]
    model: Annotated[BoostedTrees | LogisticRegression | BaseRate, Field(discriminator="kind")]

    @property
    def width(self) -> int:
        """Length of the feature vector."""
        return sum(item.width for item in self.inputs)
