"""Pack the packages that jobs need into an archive that works in any folder; venv-pack does the work."""

import re
import sys
from fnmatch import fnmatch
from importlib.metadata import distributions
from pathlib import Path

from venv_pack import Env

# Files that executors don't need. Every executor of every job unpacks the archive, so each file costs time.
NOT_NEEDED = (
    "*/site-packages/pyspark/jars/*",  # a cluster has its own Spark
    "share/tidegate/*",  # shipped by --jars and --py-files
    "*/site-packages/mlflow/server/js/*",  # MLflow's web pages
    "*/tests/*",
    "*.pyc",
)


def locked_names(lock: Path) -> set[str]:
    """Return the normalised names of the packages in a lock file."""
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return {normalised(name) for name in pinned}


def normalised(name: str) -> str:
    """Return a package name in the form in which package indexes compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def files_of_others(wanted: set[str]) -> set[str]:
    """Return the files of all installed packages that are not in `wanted`, such as packages for development."""
    others = [found for found in distributions() if normalised(found.name) not in wanted]
    return {str(Path(file.locate()).resolve()) for found in others for file in found.files or ()}


def main(lock: Path, target: Path) -> None:
    """Pack the environment of the running Python, with only the packages of the lock file."""
    environment = Env(sys.prefix)
    left_out = files_of_others(locked_names(lock))
    environment.files = [
        file
        for file in environment.files
        if file.source not in left_out and not any(fnmatch(file.target, pattern) for pattern in NOT_NEEDED)
    ]
    # Low compression, since the time to pack and unpack matters more than the size.
    environment.pack(output=str(target), compress_level=1, force=True)
    target.chmod(0o644)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
