"""Append rows that the driver made, such as a run or what it counted, without a Spark job.

For a handful of rows a job and what Spark plans for it take half a second; to write their file takes a hundredth.
"""

import io
import json
import time
from collections.abc import Mapping, Sequence
from uuid import uuid4

import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql import types as T
from pyspark.sql.conversion import LocalDataToArrowConversion

from tidegate.hadoop import open_path
from tidegate.tables.commits.commit import committed
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.commits.file_commit import require_columns_of
from tidegate.tables.internals.lookup import is_there
from tidegate.tables.internals.names import COMMIT
from tidegate.tables.internals.own_transaction import action_of, begin
from tidegate.tables.internals.public_commits import append_values


def append_few(
    spark: SparkSession, path: str, rows: Sequence[tuple[object, ...]], schema: T.StructType, commit: Commit = Commit()
) -> None:
    """Append rows in one commit; none make none.

    Args:
        spark: The session.
        path: The table, without partitions.
        rows: Their values, arrays in them as lists; they fit into the driver's memory many times over.
        schema: All columns of the table, with its types, in the order of the rows' values.
        commit: What stands in the log with it; the caller has seen that no other commit has its token.
    """
    if not rows:
        return
    require_columns_of(spark, path, schema)
    if is_there(spark, COMMIT):
        added = _write_file(spark, path, rows, schema)
        committed(spark, path, lambda: begin(spark, path).commit_actions([action_of(spark, added)], commit))
    else:
        committed(spark, path, lambda: append_values(spark, path, rows, schema, commit))


def _write_file(
    spark: SparkSession, path: str, rows: Sequence[tuple[object, ...]], schema: T.StructType
) -> Mapping[str, Mapping[str, object]]:
    """Write rows as a file of the table; return what the log is to say of it."""
    table = LocalDataToArrowConversion.convert(list(rows), schema, False)
    content = io.BytesIO()
    # As Spark writes it: a flipped bit is found by the checksums of the pages.
    pq.write_table(table, content, compression="snappy", write_page_checksum=True, store_schema=False)
    name = f"part-00000-{uuid4()}-c000.snappy.parquet"
    file, file_system = open_path(spark, f"{path}/{name}")
    stream = file_system.create(file, False)
    try:
        stream.write(content.getvalue())
    finally:
        stream.close()
    # No extremes: a column may be personal.
    statistics = json.dumps({"numRecords": len(rows)})
    changed = {"size": content.tell(), "modificationTime": int(time.time() * 1000), "dataChange": True}
    return {"add": {"path": name, "partitionValues": {}, **changed, "stats": statistics}}
