"""Delta's own object for one version of a table; the class is private to Delta, and only this folder knows it."""

from typing import Any

from pyspark.sql import DataFrame, SparkSession

from tidegate.jvm import java_class, scala_none


def rows_in_files(spark: SparkSession, seen: Any, files: Any) -> DataFrame:  # noqa: ANN401  # Delta's own classes
    """Return the rows in some files of a snapshot, without those that are marked as deleted."""
    log = seen.deltaLog()
    nothing = getattr(log, "createDataFrame$default$4")()
    return DataFrame(log.createDataFrame(seen, files, False, nothing), spark)


def python_list(values: Any) -> list[Any]:  # noqa: ANN401  # Scala's own class
    """Return the elements of a Scala sequence."""
    return [values.apply(place) for place in range(values.size())]


def listed_files(seen: Any) -> Any:  # noqa: ANN401  # Delta's own classes
    """Return the files of a snapshot where the checksum beside its commit names them all, else None.

    Up to how many it names is a setting, `allFilesInCrc.thresholdNumFiles` in `conf/spark`.

    Delta's own scans and overwrites replay the log to find their files: four Spark jobs, most of a second, for which so few
    files can be opened. A scan of them still skips by partition, and by the statistics in the files themselves.
    """
    checksum = seen.checksumOpt()
    if checksum.isEmpty() or checksum.get().allFiles().isEmpty():
        return None
    return checksum.get().allFiles().get()


def snapshot(spark: SparkSession, path: str, version: int | None = None) -> Any:  # noqa: ANN401  # Delta's own class
    """Return Delta's own object for the newest version or an integer one; for the modules of `tables`."""
    # Python's DeltaTable only has history(), a Spark job of half a second; the log itself knows at once.
    logs, nothing = java_class(spark, "org.apache.spark.sql.delta.DeltaLog"), scala_none(spark)
    newest = logs.forTable(spark._jsparkSession, path).update(False, nothing, nothing)
    if version is None or version == newest.version():
        return newest
    return newest.deltaLog().getSnapshotAt(version, nothing, nothing, False)
