"""Rows that are computed once, for several actions."""

from pyspark.sql import DataFrame

from tidegate.tables.internals.spark_plans import checkpoint_without_constraints, lies_in_one_partition


def checkpointed(frame: DataFrame) -> DataFrame:
    """Return the rows of a frame. The first action computes them, and the executors store them as long as the frame is in use.

    This is not persist(): with persist, each later action would plan the whole transformation again, which for little data takes
    longer than the rest. If an executor is lost, the run fails, as in Delta's own MERGE, and the next run repeats the work.
    """
    kept = frame.localCheckpoint(eager=False)
    # Few rows were shuffled into one partition. The checkpoint does not state this, so an aggregate would shuffle them again.
    return kept.coalesce(1) if lies_in_one_partition(kept) else kept


def checkpointed_wide(frame: DataFrame) -> DataFrame:
    """Return the rows of a frame whose columns are computed from each other in steps. The first action computes them.

    A checkpoint stores the constraints that Spark infers from the plan, such as `a <=> b`. In a chain of steps, each column
    multiplies their number: for 27 columns of text, this took minutes. So the plan is optimized in a copy of the session that
    infers no constraints. The settings of the caller and of other threads do not change.
    """
    return checkpoint_without_constraints(frame)
