"""Perceptron: a neural network with one or several hidden layers."""

from typing import Literal

import numpy as np

from tidegate.scorers.frozen import Frozen
from tidegate.scorers.models.scorer_model import Matrix, ScorerModel, softmax, weighted_sums


class Layer(Frozen):
    """A layer: a weighted sum of the numbers of the layer before, plus an intercept, for each of its nodes."""

    weights: tuple[tuple[float, ...], ...]
    intercepts: tuple[float, ...]


class Perceptron(ScorerModel):
    """Layers of weighted sums. Hidden layers apply the logistic function, and the last one the softmax.

    Attributes:
        means: What is subtracted from each feature.
        factors: What the difference is multiplied by.
        layers: The layers, the last one with a node for each class.
    """

    kind: Literal["perceptron"] = "perceptron"
    means: tuple[float, ...]
    factors: tuple[float, ...]
    layers: tuple[Layer, ...]

    def scores(self, matrix: Matrix) -> Matrix:
        """Return the probability of each class."""
        *hidden, last = self.layers
        values = (matrix - np.array(self.means)) * np.array(self.factors)
        for layer in hidden:
            values = 1.0 / (1.0 + np.exp(-_sums(layer, values)))
        return softmax(_sums(last, values))


def _sums(layer: Layer, values: Matrix) -> Matrix:
    return np.asarray(weighted_sums(values, layer.weights) + np.array(layer.intercepts))
