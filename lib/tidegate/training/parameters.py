"""Parameters of the two models of a training run, until the estimators take their place."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BoostedTreesParameters:
    """Parameters of the gradient-boosted trees.

    Attributes:
        max_iter: Number of trees.
        max_depth: Largest number of splits on the way to a leaf.
        step_size: Learning rate, greater than 0 and at most 1.
        max_bins: Number of bins for a numeric column. It is raised if a category column has more labels.
        seed: Seed of the row samples from which MLlib takes candidate splits.
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
        max_iter: Largest number of steps of the optimiser.
        reg_param: Strength of the L2 penalty.
    """

    max_iter: int = 50
    reg_param: float = 0.001
