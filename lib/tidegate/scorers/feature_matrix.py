"""Convert a pandas frame to what a model reads: the matrix that an MLlib `VectorAssembler` would build, or typed columns."""

import numpy as np
import pandas as pd

from tidegate.errors import MissingColumnsError
from tidegate.scorers.inputs import CategoricalInput, NumericInput
from tidegate.scorers.models import Matrix
from tidegate.scorers.specification import Specification


def require_inputs(frame: pd.DataFrame, specification: Specification) -> None:
    """Raise MissingColumnsError if a frame lacks a column that the model was trained on."""
    missing = {item.column for item in specification.inputs} - set(frame.columns)
    if missing:
        raise MissingColumnsError("frame to score", missing, frame.columns)


def input_columns(frame: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Return the columns that the model reads: numbers as doubles, in which NULL is NaN, and categories as they are."""
    columns = {
        item.column: _filled(frame[item.column], item.fill) if isinstance(item, NumericInput) else frame[item.column].to_numpy()
        for item in specification.inputs
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))


def feature_matrix(frame: pd.DataFrame, specification: Specification) -> Matrix:
    """Return the features of a frame as a matrix, with one row for each row of the frame and `specification.width` columns."""
    matrix = np.zeros((len(frame), specification.width), dtype=np.float64)
    start = 0
    for item in specification.inputs:
        block = matrix[:, start : start + item.width]
        if isinstance(item, NumericInput):
            block[:, 0] = _filled(frame[item.column], item.fill)
        else:
            _write_category(block, frame[item.column], item)
        start += item.width
    return matrix


def _filled(values: pd.Series, fill: float | None) -> Matrix:
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    if fill is None:
        return numbers
    return np.where(np.isnan(numbers), fill, numbers)


def _write_category(block: Matrix, values: pd.Series, item: CategoricalInput) -> None:
    # In an index of plain objects, pandas finds neither NULL (None, NaN, NA) nor an unseen label, and returns -1 for both.
    found = pd.Index(item.labels, dtype=object).get_indexer(pd.Index(values.to_numpy(dtype=object), dtype=object))
    places = np.where(found < 0, len(item.labels), found)
    if item.one_hot_width is None:
        block[:, 0] = places
        return
    rows = np.flatnonzero(places < item.one_hot_width)
    block[rows, places[rows]] = 1.0
