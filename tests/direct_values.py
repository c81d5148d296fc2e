"""Compare aggregates with values that were computed directly."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame


def in_order(rows: DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return rows.select("number", *names).toPandas().set_index("number").sort_index()


def assert_equal(found: pd.DataFrame, expected: Mapping[str, list[object]]) -> None:
    assert set(found.columns) == set(expected)
    for name, values in expected.items():
        pairs = zip(map(plain, found[name]), values, strict=True)
        assert [(place, *pair) for place, pair in enumerate(pairs) if pair[0] != pair[1]][:5] == [], name


def plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return None if pd.isna(value) else value
