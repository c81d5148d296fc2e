"""Rows that are computed once, for several actions."""

from pyspark.sql import DataFrame

from tidegate.jvm import java_class

_CONSTRAINTS = "spark.sql.constraintPropagation.enabled"


def checkpointed(frame: DataFrame) -> DataFrame:
    """Return the frame's rows, computed by the first action on them and kept by the executors until nobody holds the frame.

    Not persist(): each later action would plan the whole transformation again, which costs more than small data. A lost
    executor fails the run, as it does in Delta's own MERGE; the next run repeats it.
    """
    kept = frame.localCheckpoint(eager=False)
    # Few rows were shuffled into one partition, but a checkpoint says nothing of it, and an aggregate would shuffle them again.
    is_one = int(kept._jdf.queryExecution().logical().rdd().getNumPartitions()) == 1
    return kept.coalesce(1) if is_one else kept


def checkpointed_wide(frame: DataFrame) -> DataFrame:
    """Return the rows of a frame whose columns are computed from each other in steps, computed by the first action on them.

    A checkpoint keeps what Spark can infer of its rows from the plan, such as `a <=> b`. Over a chain of steps the number of
    these constraints multiplies with each column: 27 columns of text took minutes. So the plan is optimized in a copy of the
    session that infers none, and the caller's session stays as it is, also for what runs beside in other threads.
    """
    session = frame.sparkSession
    planning = session._jsparkSession.cloneSession()
    planning.conf().set(_CONSTRAINTS, "false")
    rows_of = java_class(session, "org.apache.spark.sql.classic.Dataset").ofRows
    kept = rows_of(planning, frame._jdf.queryExecution().analyzed()).localCheckpoint(False)
    return DataFrame(rows_of(session._jsparkSession, kept.queryExecution().analyzed()), session)
