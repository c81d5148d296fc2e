import numpy as np

from tidegate.scorers.models.scorer_model import softmax, weighted_sums


def test_weighted_sums_of_a_row_do_not_depend_on_other_rows():
    random = np.random.default_rng(0)
    rows, weights = random.normal(size=(1_000, 31)), random.normal(size=(3, 31))

    together = weighted_sums(rows, weights)

    np.testing.assert_allclose(together, rows @ weights.T)
    alone = np.vstack([weighted_sums(row.reshape(1, -1), weights) for row in rows])
    assert (together == alone).all()


def test_softmax_of_an_infinite_margin_is_certain():
    margins = np.array([[0.0, 0.0], [1e4, 0.0], [np.inf, -np.inf], [-np.inf, np.inf]])

    with np.errstate(invalid="ignore"):
        probabilities = softmax(margins)

    assert probabilities.tolist() == [[0.5, 0.5], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
