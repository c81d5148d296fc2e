"""Read a frame's plan with Spark's private classes, and copy a session."""

from contextlib import suppress
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from tidegate.jvm import java_class, java_frame, java_session
from tidegate.tables.internals.lookup import is_there
from tidegate.tables.internals.names import KEPT_PARTITIONS, PLAN_SIZE, SESSION_COPY, WIDE_PLANS

_CONSTRAINTS = "spark.sql.constraintPropagation.enabled"
_LONGEST_METHOD = "spark.sql.codegen.hugeMethodLimit"
# In bytes of Java's byte code. Java never compiles a longer method, but interprets it at a tenth of the speed. Spark's own limit
# is eight times as high. Above the limit, Spark divides the code into several methods.
_COMPILED_METHOD = "8000"


def session_copy(spark: SparkSession) -> SparkSession:
    """Return a session with the same settings. Settings that are changed in one session do not change in the other."""
    if is_there(spark, SESSION_COPY):
        return SparkSession(spark.sparkContext, java_session(spark).cloneSession())
    copy = spark.newSession()
    for key, value in spark.conf.getAll.items():
        if copy.conf.get(key, None) != value:
            # Settings of all sessions together can't be set here, and the new session already has them.
            with suppress(PySparkException):
                copy.conf.set(key, value)
    return copy


def plan_size(frame: DataFrame) -> int | None:
    """Return Spark's estimate of the bytes of a frame; None if this release of Spark lacks the method."""
    if not is_there(frame.sparkSession, PLAN_SIZE):
        return None
    return int(java_frame(frame).queryExecution().optimizedPlan().stats().sizeInBytes())


def lies_in_one_partition(kept: DataFrame) -> bool:
    """Return whether the rows of a checkpoint are known to be in one partition."""
    if not is_there(kept.sparkSession, KEPT_PARTITIONS):
        return False
    return int(java_frame(kept).queryExecution().logical().rdd().getNumPartitions()) == 1


def checkpoint_without_constraints(frame: DataFrame) -> DataFrame:
    """Return a lazy checkpoint of a frame.

    It is planned in a copy of the session that infers no constraints from the plan, and makes no method that is too long for
    Java's compiler.
    """
    session = frame.sparkSession
    if not is_there(session, WIDE_PLANS):
        return frame.localCheckpoint(eager=False)
    planning = java_session(session).cloneSession()
    planning.conf().set(_CONSTRAINTS, "false")
    planning.conf().set(_LONGEST_METHOD, _COMPILED_METHOD)
    rows_of = java_class(session, "org.apache.spark.sql.classic.Dataset").ofRows
    kept = rows_of(planning, java_frame(frame).queryExecution().analyzed()).localCheckpoint(False)
    return DataFrame(rows_of(java_session(session), kept.queryExecution().analyzed()), session)


def analyzed_plan(frame: DataFrame) -> Any:  # noqa: ANN401  # Spark's own class
    """Return Spark's plan of a frame, with all names resolved; see `names.PLAN_NODES`."""
    return java_frame(frame).queryExecution().analyzed()


def converted_columns(spark: SparkSession, message: Any) -> str:  # noqa: ANN401  # Parquet's own class
    """Return the columns of a Parquet file's footer with Spark's types, as JSON; see `names.PARQUET_TYPES`."""
    converter = java_class(spark, "org.apache.spark.sql.execution.datasources.parquet.ParquetToSparkSchemaConverter")
    return str(converter(java_session(spark).sessionState().conf()).convert(message).json())
