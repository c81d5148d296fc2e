"""Sources: reading files and Delta tables as declared, fetching files over HTTP, and checking what was delivered."""

from tidegate.sources.folders import Folder, list_folder
from tidegate.sources.formats.avro import Avro
from tidegate.sources.formats.csv import Csv
from tidegate.sources.formats.delta import Delta
from tidegate.sources.formats.format import DeclaredSource
from tidegate.sources.formats.html_table import HtmlTable
from tidegate.sources.formats.jdbc import Jdbc
from tidegate.sources.formats.json_lines import JsonLines
from tidegate.sources.formats.line_format import LineFormat
from tidegate.sources.formats.parquet import Parquet
from tidegate.sources.formats.wide_csv import Wide
from tidegate.sources.http.fetch import fetch_files
from tidegate.sources.http.file import FetchedFile, HttpFile
from tidegate.sources.http.options import HttpOptions
from tidegate.sources.http.pages.json_pages import JsonPages, LandedPages
from tidegate.sources.http.pages.land_pages import land_pages
from tidegate.sources.http.pages.paging import Cursor, NextLink, Offset, PageNumber
from tidegate.sources.judged_rows import SplitLine
from tidegate.sources.land import land_files
from tidegate.sources.source import Source, StateFiles

__all__ = [
    "Avro",
    "Csv",
    "Cursor",
    "DeclaredSource",
    "Delta",
    "FetchedFile",
    "Folder",
    "HtmlTable",
    "HttpFile",
    "HttpOptions",
    "Jdbc",
    "JsonLines",
    "JsonPages",
    "LandedPages",
    "LineFormat",
    "NextLink",
    "Offset",
    "PageNumber",
    "Parquet",
    "Source",
    "SplitLine",
    "StateFiles",
    "Wide",
    "fetch_files",
    "land_files",
    "land_pages",
    "list_folder",
]
