"""The data files of a table as its log tells of them; no file is opened."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.tables.file_commit import ARRANGED_AT
from tidegate.tables.read import listed_files, snapshot


@dataclass(frozen=True)
class DataFile:
    """One file of the newest version.

    Attributes:
        path: Its name, as the log writes it.
        partition: Value of the partition column.
        rows: Rows in it, those that are marked as deleted too; 0 where the log has no statistics.
        hidden: Rows that are marked as deleted.
        earliest: First value of the time column, as the log writes it; None without statistics.
        latest: Last value.
        arranged_at: The version in which a compaction wrote it; 0 where a batch did.
    """

    path: str
    partition: str
    rows: int
    hidden: int
    earliest: str | None
    latest: str | None
    arranged_at: int = 0

    @property
    def name(self) -> str:
        """Its name without folders, which no other file of the table has."""
        return self.path.rpartition("/")[2]


def data_files(spark: SparkSession, path: str, partition: str, time: str) -> list[DataFile]:
    """Return the files of the newest version; a row a file, so the driver can hold them.

    Args:
        spark: The session.
        path: The table.
        partition: Its partition column.
        time: The timestamp column whose stretches tell files apart.
    """
    seen = snapshot(spark, path)
    if (listed := listed_files(seen)) is not None:
        mapper = spark.sparkContext._jvm.org.apache.spark.sql.delta.util.JsonUtils.mapper()  # type: ignore[union-attr]
        return [_from_log(file, partition, time) for file in json.loads(mapper.writeValueAsString(listed))]
    files = DataFrame(seen.allFiles().toDF(), spark)
    stats = [F.get_json_object("stats", f"$.{name}") for name in ("numRecords", f"minValues.{time}", f"maxValues.{time}")]
    numbers = (stats[0], F.col("deletionVector.cardinality"), F.col("tags")[ARRANGED_AT])
    rows, hidden, arranged_at = [F.coalesce(number.cast("long"), F.lit(0)) for number in numbers]
    named = (F.col("path"), F.col("partitionValues")[partition], rows, hidden, *stats[1:], arranged_at)
    return [DataFile(*row) for row in files.select(*named).collect()]


def _from_log(file: Mapping[str, Any], partition: str, time: str) -> DataFile:
    stats = json.loads(file.get("stats") or "{}")
    hidden = (file.get("deletionVector") or {}).get("cardinality", 0)
    earliest, latest = (stats.get(side, {}).get(time) for side in ("minValues", "maxValues"))
    arranged_at = int((file.get("tags") or {}).get(ARRANGED_AT, 0))
    return DataFile(
        file["path"], file["partitionValues"][partition], stats.get("numRecords", 0), hidden, earliest, latest, arranged_at
    )


def deepest_overlap(files: Sequence[DataFile]) -> int:
    """Return how many files hold one moment at most."""
    bounds = [(file.earliest, file.latest) for file in files if file.earliest is not None and file.latest is not None]
    # The log writes moments in ISO form, whose order as text is their order in time.
    edges = sorted([(start, "a start") for start, _ in bounds] + [(end, "an end") for _, end in bounds])
    deepest = depth = 0
    for _, edge in edges:
        depth += 1 if edge == "a start" else -1
        deepest = max(deepest, depth)
    return max(deepest, 1 if files else 0)
