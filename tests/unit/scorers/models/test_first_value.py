import numpy as np

from tidegate.scorers.models import FirstValue


def test_scores_takes_the_first_value_that_is_there():
    rows = np.array([[1.0, 2.0], [np.nan, 2.0], [np.nan, np.nan], [-3.0, 2.0]])

    assert FirstValue(otherwise=9.0).scores(rows).tolist() == [[1.0], [2.0], [9.0], [-3.0]]
    assert FirstValue(otherwise=9.0, least=0.0).scores(rows)[-1] == 0.0
