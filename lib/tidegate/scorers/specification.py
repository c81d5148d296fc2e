"""What a portable scorer is made of: plain, frozen, validated data that is written as JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class NumericInput(_Frozen):
    """One number a row; NULL and NaN become `fill`."""

    kind: Literal["numeric"] = "numeric"
    column: str
    fill: float

    @property
    def width(self) -> int:
        """Places it takes in the feature vector."""
        return 1


class CategoricalInput(_Frozen):
    """The place of a label, as one number or one-hot; NULL and unseen labels share the place after the last label."""

    kind: Literal["categorical"] = "categorical"
    column: str
    labels: tuple[str, ...]
    one_hot_width: int | None = None

    @property
    def width(self) -> int:
        """Places it takes in the feature vector."""
        return 1 if self.one_hot_width is None else self.one_hot_width


class Leaf(_Frozen):
    """End of a path: what the tree adds to the margin."""

    kind: Literal["leaf"] = "leaf"
    value: float


class NumericSplit(_Frozen):
    """Rows with a value up to the threshold, itself included, go left; `left` and `right` are places in the tree."""

    kind: Literal["numeric"] = "numeric"
    feature: int
    threshold: float
    left: int
    right: int


class CategorySplit(_Frozen):
    """Rows of the listed categories go left."""

    kind: Literal["categories"] = "categories"
    feature: int
    categories: tuple[int, ...]
    left: int
    right: int


Node = Annotated[Leaf | NumericSplit | CategorySplit, Field(discriminator="kind")]
Tree = tuple[Node, ...]


class BoostedTrees(_Frozen):
    """A sum of trees; P(1) = 1 - 1 / (1 + exp(2 * margin)), as MLlib's log loss for labels of -1 and 1 has it."""

    kind: Literal["boosted_trees"] = "boosted_trees"
    trees: tuple[Tree, ...]


class LogisticRegression(_Frozen):
    """A weighted sum; P(1) = 1 / (1 + exp(-margin))."""

    kind: Literal["logistic_regression"] = "logistic_regression"
    coefficients: tuple[float, ...]
    intercept: float


class BaseRate(_Frozen):
    """No model: every row gets the share of class 1 among the training rows."""

    kind: Literal["base_rate"] = "base_rate"
    probability: float = Field(ge=0, le=1)


Input = Annotated[NumericInput | CategoricalInput, Field(discriminator="kind")]


class Specification(_Frozen):
    """Preprocessing in the order of the feature vector, and the model behind it."""

    format: Literal[1] = 1
    inputs: tuple[Input, ...]
    model: Annotated[BoostedTrees | LogisticRegression | BaseRate, Field(discriminator="kind")]

    @property
    def width(self) -> int:
        """Length of the feature vector."""
        return sum(item.width for item in self.inputs)
