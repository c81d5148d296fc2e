"""The trees of a portable scorer: nodes in one tuple, parents before their children."""

from typing import Annotated, Literal

from pydantic import Field

from tidegate.scorers.frozen import Frozen


class Leaf(Frozen):
    """The end of a path through a tree; `value` is added to the sum of the trees."""

    kind: Literal["leaf"] = "leaf"
    value: float


class ClassLeaf(Frozen):
    """The end of a path through a tree that tells classes apart; `shares` are the shares of the classes among its rows."""

    kind: Literal["class_leaf"] = "class_leaf"
    shares: tuple[float, ...]


class NumericSplit(Frozen):
    """Rows whose feature is at most the threshold go left. `left` and `right` are positions of nodes in the tree."""

    kind: Literal["numeric"] = "numeric"
    feature: int
    threshold: float
    left: int
    right: int


class CategorySplit(Frozen):
    """Rows whose feature is one of the listed categories go left. `left` and `right` are positions of nodes in the tree."""

    kind: Literal["categories"] = "categories"
    feature: int
    categories: tuple[int, ...]
    left: int
    right: int


Node = Annotated[Leaf | ClassLeaf | NumericSplit | CategorySplit, Field(discriminator="kind")]
Tree = tuple[Node, ...]
