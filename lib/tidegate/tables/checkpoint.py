"""Rows that are computed once, for several actions."""

from pyspark.sql import DataFrame

from tidegate.tables.internals.spark_plans import checkpoint_without_constraints, lies_in_one_partition


def checkpointed(frame: DataFrame) -> DataFrame:
    """Return the frame's rows, computed by the first action on them and kept by the executors until nobody holds the frame.

    Not persist(): each later action would plan the whole transformation again, which costs more than small data. A lost
    executor fails the run, as it does in Delta's own MERGE; the next run repeats it.
    """
    kept = frame.localCheckpoint(eager=False)
    # Few rows were shuffled into one partition, but a checkpoint says nothing of it, and an aggregate would shuffle them again.
    return kept.coalesce(1) if lies_in_one_partition(kept) else kept


def checkpointed_wide(frame: DataFrame) -> DataFrame:
    """Return the rows of a frame whose columns are computed from each other in steps, computed by the first action on them.

    A checkpoint keeps what Spark can infer of its rows from the plan, such as `a <=> b`. Over a chain of steps the number of
    these constraints multiplies with each column: 27 columns of text took minutes. So the plan is optimized in a copy of the
    session that infers none, and the caller's session stays as it is, also for what runs beside in other threads.
    """
    return checkpoint_without_constraints(frame)
