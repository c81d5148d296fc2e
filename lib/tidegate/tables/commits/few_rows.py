"""Append rows that the driver made, such as the record of a run, without a Spark job.

For a handful of rows, planning and running a Spark job takes half a second; writing their file directly takes 0.01 s.
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
    """Append rows in one commit. Without rows there is no commit.

    Args:
        spark: The session.
        path: The table. It has no partitions.
        rows: The values of each row, with arrays as lists. All rows must easily fit into the driver's memory.
        schema: All columns of the table with their types, in the order of the values.
        commit: The metadata of the commit. The caller has checked that no other commit of the table has its token.
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
    """Write rows as a file of the table, and return the action that adds the file to the log."""
    table = LocalDataToArrowConversion.convert(list(rows), schema, False)
    content = io.BytesIO()
    # Like Spark, write checksums of the pages, so that readers notice a flipped bit.
    pq.write_table(table, content, compression="snappy", write_page_checksum=True, store_schema=False)
    name = f"part-00000-{uuid4()}-c000.snappy.parquet"
    file, file_system = open_path(spark, f"{path}/{name}")
    stream = file_system.create(file, False)
    try:
        stream.write(content.getvalue())
    finally:
        stream.close()
    # The statistics have no minimum and maximum, because a column can be personal.
    statistics = json.dumps({"numRecords": len(rows)})
    changed = {"size": content.tell(), "modificationTime": int(time.time() * 1000), "dataChange": True}
    return {"add": {"path": name, "partitionValues": {}, **changed, "stats": statistics}}
