"""Estimate the number of rows in landing files from their sizes alone, without opening a file."""

from pyspark.sql import SparkSession

from tidegate.period import Period
from tidegate.sources.csv import CsvSource, source_folders
from tidegate.sources.folders import list_below

# A value with its comma. A figure for deciding, not for counting: half or double of it changes no decision for long.
_BYTES_A_VALUE = 10
_COMPRESSED = (".gz", ".bz2", ".zst", ".lz4", ".snappy", ".deflate")
_COMPRESSED_TO = 6


def landing_rows(spark: SparkSession, source: CsvSource, landing: str, period: Period, enough: int) -> int:
    """Estimate how many rows a source's files of a period contain.

    Args:
        spark: The session.
        source: The source of the files.
        landing: The URI of the landing zone.
        period: The days that are read, including the warm-up.
        enough: The number of rows that the caller has to know about; once it is exceeded, no further days are listed.
    """
    most = enough * _BYTES_A_VALUE * len(source.fields)
    found = 0
    for folder in source_folders(spark, source, landing, period):
        for file in list_below(spark, folder):
            found += file.bytes * (_COMPRESSED_TO if file.name.endswith(_COMPRESSED) else 1)
        if found > most:
            break
    return found // (_BYTES_A_VALUE * len(source.fields))
