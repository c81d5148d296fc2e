"""The rows of many Delta tables as text, in one Spark job: read one by one, each table costs jobs of its own."""

import json
from collections.abc import Iterable
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.schema import EXACT_JSON
from tidegate.tables.read import current_version, read_table

_EXACT = {**EXACT_JSON, "ignoreNullFields": "false"}


def rows_as_text(spark: SparkSession, root: str, tables: Iterable[str], leave_out: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return by its path below the root each table's rows as JSON with its keys in order, without some columns."""
    found: dict[str, list[str]] = {path: [] for path in tables}
    parts = []
    for path in found:
        folder = f"{root.rstrip('/')}/{path}"
        rows = read_table(spark, folder, current_version(spark, folder)).drop(*leave_out)
        parts.append(rows.select(F.lit(path).alias("path"), F.to_json(F.struct("*"), _EXACT).alias("row")))
    for row in reduce(DataFrame.unionAll, parts).collect():
        found[row["path"]].append(json.dumps(json.loads(row["row"]), sort_keys=True, ensure_ascii=False))
    return found
