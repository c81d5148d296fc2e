"""Write rows as files and commit them in a transaction of our own.

A DataFrame's writer finds out what a table holds by replaying its log: four Spark jobs, most of a second, where a small write
takes a quarter of one. Here the caller says which files go, and a batch's token is only written; the caller has looked for it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from tidegate.tables.commit_note import Commit
from tidegate.tables.read import snapshot, table_state


def commit_files(spark: SparkSession, path: str, rows: DataFrame, gone: Sequence[Any], commit: Commit) -> None:
    """Add rows to a table, in the place of some of its files; the caller holds the table's lock where files go.

    Args:
        spark: The session.
        path: The table.
        rows: All columns of the table, with its types.
        gone: Delta's own objects of the files that the rows replace; none for an append.
        commit: What stands in the log with it.
    """
    columns = table_state(spark, path).schema
    given = {field.name: field.dataType for field in rows.schema}
    if given != {field.name: field.dataType for field in columns}:
        raise RuntimeError(f"table {path}: rows of {rows.schema.simpleString()} for {columns.simpleString()}")
    jvm: Any = spark.sparkContext._jvm
    seen, nothing = snapshot(spark, path), jvm.scala.Option.empty()
    transaction = seen.deltaLog().startTransaction(nothing, jvm.scala.Option.apply(seen))
    if gone:
        transaction.readWholeTable()
    written = transaction.writeFiles(rows.select(*columns.names)._jdf)
    tokens = [jvm.org.apache.spark.sql.delta.actions.SetTransaction(commit.token, 0, nothing)] if commit.token else []
    actions = written.appendedAll(scala_list(spark, [*(file.remove() for file in gone), *tokens]))
    transaction.commit(actions, write_operation(spark, "Overwrite" if gone else "Append", {}, commit))


def write_operation(spark: SparkSession, mode: str, options: Mapping[str, str], commit: Commit) -> Any:  # noqa: ANN401
    """Return what the log says of a commit that writes rows."""
    jvm: Any = spark.sparkContext._jvm
    nothing = jvm.scala.Option.empty()
    note = jvm.scala.Option.apply(commit.writer_options().get("userMetadata"))
    where = jvm.scala.Option.apply(options.get("replaceWhere"))
    write = getattr(jvm.org.apache.spark.sql.delta, "DeltaOperations$Write")
    return write(getattr(jvm.org.apache.spark.sql.SaveMode, mode), nothing, where, note, *[nothing] * 5)


def scala_list(spark: SparkSession, values: Sequence[Any]) -> Any:  # noqa: ANN401  # Scala's own class
    """Return values as the sequence that Delta's methods take."""
    return spark.sparkContext._jvm.org.apache.spark.api.python.PythonUtils.toSeq(list(values))  # type: ignore[union-attr]
