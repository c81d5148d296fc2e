"""The run table: every job appends a row when it starts and a row when it ends."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate.tables.commits.few_rows import append_few
from tidegate.tables.create import TableShape, create_table

SCHEMA = T.StructType(
    [
        T.StructField("run_id", T.StringType()),
        T.StructField("job", T.StringType()),
        T.StructField("system", T.StringType()),
        T.StructField("batch", T.StringType()),
        T.StructField("result", T.StringType()),
        T.StructField("at", T.TimestampType()),
        T.StructField("details", T.MapType(T.StringType(), T.StringType())),
    ]
)


@dataclass
class Run:
    """A running job. The entries of `details` are written with the row of its end."""

    run_id: str
    details: dict[str, str] = field(default_factory=dict)


@contextmanager
def recorded_run(spark: SparkSession, path: str, job: str, system: str, batch: str) -> Iterator[Run]:
    """Record the start and the end of a job.

    A run that has a start but no end was killed. The next run of the job repeats its work.

    Args:
        spark: The session.
        path: The run table.
        job: The name of the job.
        system: The name of the system that the job works for.
        batch: The batch that the job works on.

    Yields:
        The run; the caller can add details to it.
    """
    create_table(spark, path, TableShape(SCHEMA))
    run = Run(uuid4().hex)

    def write(result: str, details: Mapping[str, str]) -> None:
        row = (run.run_id, job, system, batch, result, datetime.now(UTC), dict(details))
        append_few(spark, path, [row], SCHEMA)

    write("started", {})
    try:
        yield run
    except BaseException as error:
        # Only the class, because a message of Spark can quote a row.
        write("failed", {**run.details, "error": type(error).__name__})
        raise
    write("succeeded", run.details)
