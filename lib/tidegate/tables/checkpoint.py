"""Rows that are computed once, for several actions."""

from pyspark.sql import DataFrame


def checkpointed(frame: DataFrame) -> DataFrame:
    """Return the frame's rows, computed by the first action on them and kept by the executors until nobody holds the frame.

    Not persist(): each later action would plan the whole transformation again, which costs more than small data. A lost
    executor fails the run, as it does in Delta's own MERGE; the next run repeats it.
    """
    kept = frame.localCheckpoint(eager=False)
    # Few rows were shuffled into one partition, but a checkpoint says nothing of it, and an aggregate would shuffle them again.
    is_one = int(kept._jdf.queryExecution().logical().rdd().getNumPartitions()) == 1
    return kept.coalesce(1) if is_one else kept
