"""Read the trees of a fitted MLlib ensemble, node by node, from the JVM."""

from collections.abc import Callable, Sequence
from typing import Any

from py4j.java_gateway import JavaObject
from pyspark.sql import SparkSession

from tidegate.jvm import java_class, java_model
from tidegate.scorers.trees import CategorySplit, ClassLeaf, Leaf, Node, NumericSplit, Tree


def read_trees(trees: Sequence[Any], weights: Sequence[float]) -> tuple[Tree, ...]:
    """Return the trees of an ensemble, with the weight of each tree multiplied into its leaves."""

    def tree(model: Any, weight: float) -> Tree:  # noqa: ANN401  # the types of MLlib's trees have no common base
        return _read_tree(java_model(model).rootNode(), lambda leaf: Leaf(value=leaf.prediction() * weight))

    return tuple(tree(model, weight) for model, weight in zip(trees, weights, strict=True))


def read_class_trees(trees: Sequence[Any]) -> tuple[Tree, ...]:
    """Return the trees of a forest, with the share of each class among the rows of a leaf."""
    spark = SparkSession.active()
    as_text = java_class(spark, "java.util.Arrays").toString

    def leaf(node: JavaObject) -> ClassLeaf:
        # One call for all numbers of an array: each element would be a call of its own.
        counts = [float(number) for number in as_text(node.impurityStats().stats()).strip("[]").split(",")]
        return ClassLeaf(shares=tuple(count / sum(counts) for count in counts))

    return tuple(_read_tree(java_model(model).rootNode(), leaf) for model in trees)


def _read_tree(root: JavaObject, leaf: Callable[[JavaObject], Node]) -> Tree:
    nodes: dict[int, Node] = {}
    _add_node(root, leaf, nodes, 0)
    return tuple(nodes[place] for place in sorted(nodes))


def _add_node(node: JavaObject, leaf: Callable[[JavaObject], Node], nodes: dict[int, Node], place: int) -> int:
    """Add a node and all nodes below it, parents first, and return the first free position after them."""
    if node.subtreeDepth() == 0:
        nodes[place] = leaf(node)
        return place + 1
    left = place + 1
    right = _add_node(node.leftChild(), leaf, nodes, left)
    end = _add_node(node.rightChild(), leaf, nodes, right)
    nodes[place] = _split(node.split(), left, right)
    return end


def _split(split: JavaObject, left: int, right: int) -> Node:
    feature = split.featureIndex()
    if split.getClass().getSimpleName() == "ContinuousSplit":
        return NumericSplit(feature=feature, threshold=split.threshold(), left=left, right=right)
    categories = tuple(int(category) for category in split.leftCategories())
    return CategorySplit(feature=feature, categories=categories, left=left, right=right)
