"""Sources: reading files and Delta tables as declared, fetching files over HTTP, and checking what was delivered."""

from tidegate.sources.check import check_source
from tidegate.sources.csv import CsvSource, read_csv_source
from tidegate.sources.folders import Folder, list_folder
from tidegate.sources.formats.declared import Csv, Delta, JsonLines, Parquet, Wide
from tidegate.sources.http.fetch import fetch_files
from tidegate.sources.http.file import FetchedFile, HttpFile
from tidegate.sources.http.options import HttpOptions
from tidegate.sources.land import land_files
from tidegate.sources.source import Source, StateFiles

__all__ = [
    "Csv",
    "CsvSource",
    "Delta",
    "FetchedFile",
    "Folder",
    "HttpFile",
    "HttpOptions",
    "JsonLines",
    "Parquet",
    "Source",
    "StateFiles",
    "Wide",
    "check_source",
    "fetch_files",
    "land_files",
    "list_folder",
    "read_csv_source",
]
