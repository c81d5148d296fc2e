"""Mark single rows as deleted in deletion vectors, with the helper classes of Delta's own DELETE."""

from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.jvm import java_class, java_column, java_frame, java_session
from tidegate.tables.commits.row_places import FILE, PLACE
from tidegate.tables.internals.own_log import OwnLog, python_list

_COMMANDS = "org.apache.spark.sql.delta.commands"


def marking_actions(spark: SparkSession, transaction: Any, log: OwnLog, marked: DataFrame) -> list[Any]:  # noqa: ANN401  # Delta's own class
    """Write the deletion vectors, and return the actions that assign them to their files.

    Args:
        spark: The session.
        transaction: Delta's own OptimisticTransaction, at the version of the log.
        log: The version to mark rows in. Its files must be listed, as `names_files` says.
        marked: The places of the rows to mark, as `with_places` adds them.
    """
    files, some = log.listed_files(), java_class(spark, "scala.Option").apply
    every_row = getattr(java_class(spark, "org.apache.spark.sql.catalyst.expressions.Literal$"), "MODULE$").TrueLiteral()
    columns = [some(java_column(F.col(name))) for name in (FILE, PLACE)]
    sets = java_class(spark, f"{_COMMANDS}.DeletionVectorBitmapGenerator").buildRowIndexSetsForFilesMatchingCondition(
        java_session(spark), transaction, True, java_frame(marked), files, every_row, *columns
    )
    helper = java_class(spark, f"{_COMMANDS}.DMLWithDeletionVectorsHelper")
    by_name = helper.generateCandidateFileMap(log.seen.deltaLog().dataPath(), files)
    actions: list[Any] = []
    for one in python_list(helper.findFilesWithMatchingRows(transaction, by_name, sets)):
        if one.isFullyReplaced():
            actions.append(one.fileLogEntry().remove())
        else:
            pair = one.fileLogEntry().removeRows(one.newDeletionVector(), True, True)
            actions += [pair._1(), pair._2()]
    return actions
