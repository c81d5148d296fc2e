"""Estimate the number of rows in landing files from their sizes alone, without opening a file."""

from pyspark.sql import SparkSession

from tidegate.period import Period
from tidegate.sources.csv_days.csv_source import CsvSource, source_folders
from tidegate.sources.folders import list_below
from tidegate.sources.formats.csv import Csv

_FORM = Csv()


def landing_rows(spark: SparkSession, source: CsvSource, landing: str, period: Period, enough: int) -> int:
    """Estimate how many rows a source's files of a period contain.

    Args:
        spark: The session.
        source: The source of the files.
        landing: The URI of the landing zone.
        period: The days that are read, including the warm-up.
        enough: The number of rows that the caller has to know about; once it is exceeded, no further days are listed.
    """
    found = 0
    for folder in source_folders(spark, source, landing, period):
        found += _FORM.estimated_rows(list_below(spark, folder), len(source.fields)) or 0
        if found > enough:
            break
    return found
