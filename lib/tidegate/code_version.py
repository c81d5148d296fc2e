"""The running code: its version, which manifests, runs and releases record, and the folder of its checkout."""

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

VARIABLE = "TIDEGATE_CODE_VERSION"
HOME_VARIABLE = "TIDEGATE_HOME"


def code_version() -> str:
    """Return the commit that spark-submit.sh puts into TIDEGATE_CODE_VERSION, else the version of the installed package."""
    named = os.environ.get(VARIABLE)
    if named:
        return named
    try:
        return version("tidegate")
    except PackageNotFoundError:
        return "unknown"


def home() -> Path:
    """Return the folder of the checkout, which spark-submit.sh puts into TIDEGATE_HOME; otherwise the current folder."""
    return Path(os.environ.get(HOME_VARIABLE, Path.cwd()))
