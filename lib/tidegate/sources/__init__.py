"""Files fetched over HTTP, readers of landing files, and the check that refuses a wrong file whole."""

from tidegate.sources.check import check_source
from tidegate.sources.csv import CsvSource, read_csv_source
from tidegate.sources.folders import Folder, list_folder
from tidegate.sources.http import FetchedFile, HttpFile, HttpOptions
from tidegate.sources.http_fetch import fetch_files
from tidegate.sources.land import land_files

__all__ = [
    "CsvSource",
    "FetchedFile",
    "Folder",
    "HttpFile",
    "HttpOptions",
    "check_source",
    "fetch_files",
    "land_files",
    "list_folder",
    "read_csv_source",
]
