"""Convert boosted trees to a treelite model, which evaluates them in compiled code and in double precision."""

import treelite
from treelite.model_builder import Metadata, ModelBuilder, PostProcessorFunc, TreeAnnotation

from tidegate.scorers.specification import BoostedTrees, CategorySplit, Leaf, Node, NumericSplit, Tree


def compiled(model: BoostedTrees, features: int) -> treelite.Model:
    """Return a treelite model whose prediction is the margin, the sum of all trees.

    Args:
        model: The trees.
        features: Length of the feature vector.
    """
    count = len(model.trees)
    builder = ModelBuilder(
        threshold_type="float64",
        leaf_output_type="float64",
        metadata=Metadata(
            num_feature=features,
            task_type="kRegressor",
            average_tree_output=False,
            num_target=1,
            num_class=[1],
            leaf_vector_shape=(1, 1),
        ),
        tree_annotation=TreeAnnotation(num_tree=count, target_id=[0] * count, class_id=[0] * count),
        postprocessor=PostProcessorFunc(name="identity"),
        base_scores=[0.0],
    )
    for tree in model.trees:
        _add_tree(builder, tree)
    return builder.commit()


def _add_tree(builder: ModelBuilder, tree: Tree) -> None:
    builder.start_tree()
    for place, node in enumerate(tree):
        builder.start_node(place)
        _add_node(builder, node)
        builder.end_node()
    builder.end_tree()


def _add_node(builder: ModelBuilder, node: Node) -> None:
    # No value is missing after imputing, so the default direction of a split is never used.
    if isinstance(node, Leaf):
        builder.leaf(node.value)
    elif isinstance(node, NumericSplit):
        builder.numerical_test(
            feature_id=node.feature,
            threshold=node.threshold,
            default_left=False,
            opname="<=",
            left_child_key=node.left,
            right_child_key=node.right,
        )
    elif isinstance(node, CategorySplit):
        builder.categorical_test(
            feature_id=node.feature,
            category_list=list(node.categories),
            category_list_right_child=False,
            default_left=False,
            left_child_key=node.left,
            right_child_key=node.right,
        )
