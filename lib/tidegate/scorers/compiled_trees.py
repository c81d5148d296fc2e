"""Convert trees to a treelite model, which evaluates them in compiled code and in double precision."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import treelite
from treelite.model_builder import Metadata, ModelBuilder, PostProcessorFunc, TreeAnnotation

from tidegate.scorers.trees import CategorySplit, ClassLeaf, Leaf, Node, NumericSplit, Tree

Matrix = npt.NDArray[np.float64]


class CompiledTrees:
    """Trees in compiled code.

    They are compiled by the first call of `predict`, which knows the length of the feature vector.

    Args:
        trees: The trees.
        classes: Number of classes if the leaves hold shares of classes; 0 if they hold one number.
    """

    def __init__(self, trees: Sequence[Tree], classes: int = 0) -> None:
        self._trees, self._classes = trees, classes
        self._model: treelite.Model | None = None

    def predict(self, matrix: Matrix) -> Matrix:
        """Return the sum of the trees for each row as one column, or the mean share of each class as a column for each.

        Args:
            matrix: Feature vectors, one a row.
        """
        if self._model is None:
            self._model = _compiled(self._trees, matrix.shape[1], self._classes)
        # One thread, because Spark already runs a task on each core.
        predicted = treelite.gtil.predict(self._model, matrix, nthread=1)
        return np.asarray(predicted, dtype=np.float64).reshape(len(matrix), -1)


def _compiled(trees: Sequence[Tree], features: int, classes: int) -> treelite.Model:
    count, size = len(trees), max(classes, 1)
    builder = ModelBuilder(
        threshold_type="float64",
        leaf_output_type="float64",
        metadata=Metadata(
            num_feature=features,
            task_type="kMultiClf" if classes else "kRegressor",
            average_tree_output=bool(classes),
            num_target=1,
            num_class=[size],
            leaf_vector_shape=(1, size),
        ),
        # -1: a leaf holds numbers for all classes.
        tree_annotation=TreeAnnotation(num_tree=count, target_id=[0] * count, class_id=[-1 if classes else 0] * count),
        postprocessor=PostProcessorFunc(name="identity_multiclass" if classes else "identity"),
        base_scores=[0.0] * size,
    )
    for tree in trees:
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
    elif isinstance(node, ClassLeaf):
        builder.leaf(list(node.shares))
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
