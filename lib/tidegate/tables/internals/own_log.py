"""Read one version of a table's log from Delta's own Snapshot: the fast way."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from tidegate.jvm import java_class, java_session, scala_none


@dataclass(frozen=True)
class OwnLog:
    """A version of a table's log. `TableLog` explains what the methods return.

    Attributes:
        spark: The session.
        seen: The version, as Delta's own Snapshot.
    """

    spark: SparkSession
    seen: Any

    @property
    def version(self) -> int:
        """The number of the version."""
        return int(self.seen.version())

    @property
    def table_id(self) -> str:
        """The id that Delta gave the table when it was created."""
        return str(self.seen.metadata().id())

    @property
    def names_files(self) -> bool:
        """Whether `files` starts no job."""
        return self.listed_files() is not None

    def metadata(self) -> Mapping[str, Any]:
        """Return schema, properties and partition columns, as in the log."""
        written: Mapping[str, Any] = json.loads(self.seen.metadata().json())["metaData"]
        return written

    def tokens(self) -> list[str]:
        """Return the tokens of all commits."""
        checksum = self.seen.checksumOpt()
        # The checksum of a commit lists up to a hundred tokens. If there are more, Delta replays the log in three Spark jobs.
        noted = checksum.get().setTransactions() if checksum.isDefined() else None
        if noted is not None and noted.isDefined():
            return [token.appId() for token in python_list(noted.get())]
        # One string with all tokens: one call through the gateway for each token would take seconds after years of batches.
        tokens = str(self.seen.transactions().keys().mkString("\n"))
        return tokens.split("\n") if tokens else []

    def file_count(self) -> int:
        """Return the number of data files."""
        # The checksum of the commit has it. Delta's own methods, even numOfFilesIfKnown, replay the log, which takes a second.
        checksum = self.seen.checksumOpt()
        return int(checksum.get().numFiles() if checksum.isDefined() else self.seen.numOfFiles())

    def byte_count(self) -> int:
        """Return the size of all data files in bytes."""
        checksum = self.seen.checksumOpt()
        return int(checksum.get().tableSizeBytes() if checksum.isDefined() else self.seen.sizeInBytes())

    def files(self) -> list[Mapping[str, Any]]:
        """Return the log's entry of each data file."""
        if (listed := self.listed_files()) is not None:
            mapper = java_class(self.spark, "org.apache.spark.sql.delta.util.JsonUtils").mapper()
            written: list[Mapping[str, Any]] = json.loads(mapper.writeValueAsString(listed))
            return written
        files = DataFrame(self.seen.allFiles().toDF(), self.spark)
        columns = files.select("path", "partitionValues", "stats", "deletionVector", "tags")
        return [row.asDict(recursive=True) for row in columns.collect()]

    def rows(self) -> DataFrame | None:
        """Return the rows of the version if its files can be listed without a job; otherwise None."""
        listed = self.listed_files()
        return None if listed is None else self._rows(listed)

    def rows_in(self, files: Sequence[Any]) -> DataFrame:
        """Return the rows in some of the files, without those that are marked as deleted."""
        return self._rows(scala_list(self.spark, files))

    def file_objects(self, named: Collection[str] | None = None) -> list[Any]:
        """Return Delta's own objects of all files, or of those with these names."""
        return [file for file in self._objects() if named is None or file.path() in named]

    def files_of(self, column: str, values: Collection[int]) -> list[Any]:
        """Return Delta's own objects of the files in some partitions; the partition column holds integers."""
        return [file for file in self._objects() if int(file.partitionValues().apply(column)) in values]

    def listed_files(self) -> Any:  # noqa: ANN401  # a Scala sequence of Delta's own class
        """Return Delta's own objects of all files if the checksum of the commit lists them; otherwise None.

        The setting `allFilesInCrc.thresholdNumFiles` in `conf/spark` says up to how many files a checksum lists.

        Delta's own scans and overwrites replay the log to find their files. This takes four Spark jobs and most of a second,
        longer than it takes to open so few files. A scan of the listed files still skips files by partition, and row groups by
        the statistics inside the files.
        """
        checksum = self.seen.checksumOpt()
        if checksum.isEmpty() or checksum.get().allFiles().isEmpty():
            return None
        return checksum.get().allFiles().get()

    def _objects(self) -> list[Any]:
        listed = self.listed_files()
        return list(self.seen.allFiles().collect()) if listed is None else python_list(listed)

    def _rows(self, files: Any) -> DataFrame:  # noqa: ANN401  # a Scala sequence of Delta's own class
        log = self.seen.deltaLog()
        nothing = getattr(log, "createDataFrame$default$4")()
        return DataFrame(log.createDataFrame(self.seen, files, False, nothing), self.spark)


def own_log(spark: SparkSession, path: str, version: int | None = None) -> OwnLog:
    """Return the newest version of a table's log, or the version with this number."""
    # Python's DeltaTable has only history(), which runs a Spark job of half a second. The log has the version at once.
    logs, nothing = java_class(spark, "org.apache.spark.sql.delta.DeltaLog"), scala_none(spark)
    newest = logs.forTable(java_session(spark), path).update(False, nothing, nothing)
    if version is None or version == newest.version():
        return OwnLog(spark, newest)
    return OwnLog(spark, newest.deltaLog().getSnapshotAt(version, nothing, nothing, False))


def force_checkpoint(spark: SparkSession, path: str) -> int:
    """Make a checkpoint of the newest version of a table, and return the number of the version."""
    newest = own_log(spark, path)
    newest.seen.deltaLog().checkpoint(newest.seen, scala_none(spark))
    return newest.version


def forget_table(spark: SparkSession, folder: Any) -> None:  # noqa: ANN401  # Hadoop's path
    """Make Delta forget what it remembers of the table in a folder."""
    java_class(spark, "org.apache.spark.sql.delta.DeltaLog").invalidateCache(java_session(spark), folder)


def python_list(values: Any) -> list[Any]:  # noqa: ANN401  # Scala's own class
    """Return the elements of a Scala sequence."""
    return [values.apply(place) for place in range(values.size())]


def scala_list(spark: SparkSession, values: Sequence[Any]) -> Any:  # noqa: ANN401  # Scala's own class
    """Return values as a Scala sequence, which Delta's methods take. pyspark converts every list of columns in the same way."""
    return java_class(spark, "org.apache.spark.api.python.PythonUtils").toSeq(list(values))
