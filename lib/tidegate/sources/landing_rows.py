"""How many rows landing files hold, roughly, by their sizes alone: no file is opened."""

from pyspark.sql import SparkSession

from tidegate.period import Period
from tidegate.sources.csv import CsvSource, source_folders
from tidegate.sources.folders import list_below

# A value with its comma. A figure for deciding, not for counting: half or double of it changes no decision for long.
_BYTES_A_VALUE = 10
_COMPRESSED = (".gz", ".bz2", ".zst", ".lz4", ".snappy", ".deflate")
_COMPRESSED_TO = 6


def landing_rows(spark: SparkSession, source: CsvSource, landing: str, period: Period, enough: int) -> int:
    """Return about how many rows a source's files of a period hold.

    Args:
        spark: The session.
        source: Whose files they are.
        landing: URI of the landing zone.
        period: Days that are read, warm-up included.
        enough: So many rows decide: further days are not listed.
    """
    most = enough * _BYTES_A_VALUE * len(source.fields)
    found = 0
    for folder in source_folders(spark, source, landing, period):
        for file in list_below(spark, folder):
            found += file.bytes * (_COMPRESSED_TO if file.name.endswith(_COMPRESSED) else 1)
        if found > most:
            break
    return found // (_BYTES_A_VALUE * len(source.fields))
