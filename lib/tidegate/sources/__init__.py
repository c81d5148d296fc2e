"""Sources: files of declared form, what they were loaded from, and what is wrong with them."""

from tidegate.sources.check import check_source
from tidegate.sources.csv import CsvSource, read_csv_source
from tidegate.sources.folders import Folder, list_folder
from tidegate.sources.formats import Csv, JsonLines, Parquet, Wide
from tidegate.sources.source import Source, StateFiles

__all__ = [
    "Csv",
    "CsvSource",
    "Folder",
    "JsonLines",
    "Parquet",
    "Source",
    "StateFiles",
    "Wide",
    "check_source",
    "list_folder",
    "read_csv_source",
]
