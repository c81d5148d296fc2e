"""Read the trees of a fitted MLlib ensemble, node by node, from the JVM."""

from py4j.java_gateway import JavaObject
from pyspark.ml.classification import GBTClassificationModel

from tidegate.jvm import java_model
from tidegate.scorers.specification import CategorySplit, Leaf, Node, NumericSplit, Tree


def read_trees(model: GBTClassificationModel) -> tuple[Tree, ...]:
    """Return the trees of the ensemble, with the weight of each tree multiplied into its leaves."""
    return tuple(
        _read_tree(java_model(tree).rootNode(), weight) for tree, weight in zip(model.trees, model.treeWeights, strict=True)
    )


def _read_tree(root: JavaObject, weight: float) -> Tree:
    nodes: dict[int, Node] = {}
    _add_node(root, weight, nodes, 0)
    return tuple(nodes[place] for place in sorted(nodes))


def _add_node(node: JavaObject, weight: float, nodes: dict[int, Node], place: int) -> int:
    """Add a node and all nodes below it, parents first, and return the first free position after them."""
    if node.subtreeDepth() == 0:
        nodes[place] = Leaf(value=node.prediction() * weight)
        return place + 1
    left = place + 1
    right = _add_node(node.leftChild(), weight, nodes, left)
    end = _add_node(node.rightChild(), weight, nodes, right)
    nodes[place] = _split(node.split(), left, right)
    return end


def _split(split: JavaObject, left: int, right: int) -> Node:
    feature = split.featureIndex()
    if split.getClass().getSimpleName() == "ContinuousSplit":
        return NumericSplit(feature=feature, threshold=split.threshold(), left=left, right=right)
    categories = tuple(int(category) for category in split.leftCategories())
    return CategorySplit(feature=feature, categories=categories, left=left, right=right)
