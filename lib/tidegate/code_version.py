"""The version of the running code, which manifests, runs and releases record."""

import os
from importlib.metadata import PackageNotFoundError, version

VARIABLE = "TIDEGATE_CODE_VERSION"


def code_version() -> str:
    """Return the commit that spark-submit.sh puts into TIDEGATE_CODE_VERSION, else the version of the installed package."""
    named = os.environ.get(VARIABLE)
    if named:
        return named
    try:
        return version("tidegate")
    except PackageNotFoundError:
        return "unknown"
