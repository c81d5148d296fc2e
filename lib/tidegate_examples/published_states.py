"""Published states: files that each contain everything that a source published at one moment.

The name of a file contains the name, moment and commit of the state: `season-2425__20241121T104125Z__09097f0.csv.gz` is the file
that the source called season-2425 on 21 November 2024, 10:41:25 UTC, in its commit 09097f0.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

FILE_NAME = re.compile(r"^[^_]+__(\d{8}T\d{6}Z)__[0-9a-f]+\.csv(\.gz)?$")

# FAILFAST: a line with a value of a wrong type, or with a wrong number of values, stops the job instead of becoming NULLs.
# enforceSchema false: a header that does not name the declared columns in their order stops the job too.
# columnPruning false: otherwise Spark parses lines only as far as a query reads them, and a count() would accept truncated lines.
STRICT = {"header": "true", "mode": "FAILFAST", "enforceSchema": "false", "columnPruning": "false"}


def published_at(path: str) -> datetime:
    """Return the moment of a published state, in UTC, from its file name.

    Raises:
        ValueError: The file name is not that of a published state.
    """
    name = PurePosixPath(path).name
    match = FILE_NAME.match(name)
    if match is None:
        raise ValueError(
            f"{name} is not named as a published state; expected a name like nba-2021__20210504T070759Z__6313c45.csv.gz"
        )
    return datetime.strptime(match.group(1), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def read_published_states(spark: SparkSession, paths: Sequence[str], columns: T.StructType) -> DataFrame:
    """Read published states, and add the `file_name` of each row and the moment of its state as `available_at`.

    Args:
        spark: The session.
        paths: One or more files.
        columns: The columns of every file, in their order.

    Raises:
        ValueError: A file name is not that of a published state.
    """
    for path in paths:
        published_at(path)
    rows = spark.read.options(**STRICT).schema(columns).csv(list(paths))
    return rows.withColumn("file_name", F.col("_metadata.file_name")).withColumn("available_at", _moment("file_name"))


def calendar_day(text: str) -> Column:
    """Parse a column of dates written as 2024-08-16, 16/08/2024 or 16/08/24 (years 2000 to 2099).

    Any other value, including NULL, stops the job.
    """
    value = F.col(text)
    wrong = F.raise_error(F.concat(F.lit(f"column {text}: not a day: "), F.coalesce(value, F.lit("nothing"))))
    return (
        F.when(value.rlike(r"^\d{4}-\d{2}-\d{2}$"), F.to_date(value, "yyyy-MM-dd"))
        .when(value.rlike(r"^\d{2}/\d{2}/\d{4}$"), F.to_date(value, "dd/MM/yyyy"))
        .when(value.rlike(r"^\d{2}/\d{2}/\d{2}$"), F.to_date(value, "dd/MM/yy"))
        .otherwise(wrong)
    )


def _moment(file_name: str) -> Column:
    return F.to_timestamp(F.regexp_extract(file_name, FILE_NAME.pattern, 1), "yyyyMMdd'T'HHmmssX")
