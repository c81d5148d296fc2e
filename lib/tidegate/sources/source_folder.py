"""Where the files of a source are."""

from pyspark.sql import SparkSession

from tidegate.hadoop import is_relative
from tidegate.sources.source import Source


def source_folder(spark: SparkSession, source: Source, landing: str | None) -> str:
    """Return the folder of a source.

    Args:
        spark: The session.
        source: The source.
        landing: The URI of the landing zone, in which a relative folder is; None: a relative folder is one of Spark.
    """
    folder = source.name if source.folder is None else source.folder
    if landing is None or not is_relative(spark, folder):
        return folder
    return f"{landing.rstrip('/')}/{folder}"
