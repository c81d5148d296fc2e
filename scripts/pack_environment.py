"""Pack the run's part of the environment into an archive that works wherever it is unpacked (venv-pack does the work)."""

import re
import sys
from fnmatch import fnmatch
from importlib.metadata import distributions
from pathlib import Path

from venv_pack import Env

# Executors don't need them; the archive is unpacked by every executor of every job, so each file counts.
NOT_NEEDED = (
    "*/site-packages/pyspark/jars/*",  # a cluster has its own Spark
    "share/tidegate/*",  # shipped by --jars and --py-files
    "*/site-packages/mlflow/server/js/*",  # MLflow's web pages
    "*/tests/*",
    "*.pyc",
)


def locked_names(lock: Path) -> set[str]:
    """Return the normalised names of the packages a lock pins."""
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return {normalised(name) for name in pinned}


def normalised(name: str) -> str:
    """Return a package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def files_of_others(wanted: set[str]) -> set[str]:
    """Return the files of the installed packages that are not wanted: those of development."""
    others = [found for found in distributions() if normalised(found.name) not in wanted]
    return {str(Path(file.locate()).resolve()) for found in others for file in found.files or ()}


def main(lock: Path, target: Path) -> None:
    """Pack the environment of the running Python without what the lock doesn't pin."""
    environment = Env(sys.prefix)
    left_out = files_of_others(locked_names(lock))
    environment.files = [
        file
        for file in environment.files
        if file.source not in left_out and not any(fnmatch(file.target, pattern) for pattern in NOT_NEEDED)
    ]
    # Light compression: time matters more than bytes.
    environment.pack(output=str(target), compress_level=1, force=True)
    target.chmod(0o644)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
