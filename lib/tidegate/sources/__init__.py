"""Readers of landing files, and the check that refuses a wrong file whole."""

from tidegate.sources.check import check_source
from tidegate.sources.csv import CsvSource, read_csv_source
from tidegate.sources.folders import Folder, list_folder

__all__ = ["CsvSource", "Folder", "check_source", "list_folder", "read_csv_source"]
