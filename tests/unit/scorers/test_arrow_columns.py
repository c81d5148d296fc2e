from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from tidegate.errors import MissingColumnsError, UsageError
from tidegate.scorers.arrow_columns import pandas_columns


def test_pandas_columns_takes_every_kind_of_number():
    table = pa.table(
        {
            "long": pa.array([2**60 + 1, None], pa.int64()),
            "price": pa.array([Decimal("1.25"), None], pa.decimal128(10, 2)),
            "flag": pa.array([True, None]),
            "small": pa.array([1.5, float("nan")], pa.float32()),
            "coded": pa.array([7, None], pa.int32()).dictionary_encode(),
            "empty": pa.nulls(2),
        }
    )

    numbers = pandas_columns(table, table.column_names, [])

    assert (numbers.dtypes == np.float64).all()
    np.testing.assert_array_equal(numbers.iloc[0], [float(2**60 + 1), 1.25, 1.0, 1.5, 7.0, np.nan])
    assert numbers.iloc[1].isna().all()


def test_pandas_columns_makes_labels_as_spark_does():
    table = pa.table(
        {
            "text": ["AA", None],
            "coded": pa.array(["B6", None]).dictionary_encode(),
            "month": pa.array([1, None], pa.int8()),
            "flag": pa.array([True, None]),
            "empty": pa.nulls(2),
        }
    )

    labels = pandas_columns(table, [], table.column_names)

    assert labels.iloc[0].tolist() == ["AA", "B6", "1", "true", None]
    assert labels.iloc[1].tolist() == [None] * 5


def test_pandas_columns_keeps_the_number_of_rows_without_columns():
    assert len(pandas_columns(pa.table({"wind": [1.0, 2.0]}), [], [])) == 2


def test_pandas_columns_names_what_is_missing_or_can_not_be_converted():
    table = pa.table({"wind": [1.0], "parts": [[1, 2]]})

    with pytest.raises(MissingColumnsError, match=r"table to score: missing column\(s\) hour; available: parts, wind"):
        pandas_columns(table, ["hour"], [])
    with pytest.raises(UsageError, match=r"column 'parts' is list<.*int64>, which can't be converted to double"):
        pandas_columns(table, ["parts"], [])
