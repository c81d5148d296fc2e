"""A root in a folder of this machine, as far as its name tells before Spark starts.

Only Hadoop knows where a name without a scheme lies: `fs.defaultFS` may send it to another file system. What is refused here is
refused early, to save the start of Spark. Once there is a session, `Store.open` asks Hadoop, and its answer alone decides about
locks and MLflow's database; the name of the store's root then has its scheme.
"""

import os
import re
from pathlib import Path

from tidegate.errors import RootNotReadableError, RootNotWritableError

_OTHER_SYSTEM = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]+:/")


def is_local_by_name(root: str) -> bool:
    """Tell whether a root's name does not say that it lies in another file system."""
    return not _OTHER_SYSTEM.match(root)


def local_path(root: str) -> Path | None:
    """Return the folder of a root that is local by its name, or None for another file system."""
    if root.startswith("file:"):
        return Path("/" + root.removeprefix("file:").lstrip("/"))
    return Path(root) if is_local_by_name(root) else None


def require_local_root(root: str) -> None:
    """Raise RootNotWritableError before Spark starts where a local root can't be written."""
    local = local_path(root)
    if local is None:
        return
    nearest = local
    # Not Path.exists, which fails where a folder on the way may not be entered.
    while not os.path.exists(nearest):
        nearest = nearest.parent
    if not nearest.is_dir():
        raise RootNotWritableError(root, f"{nearest} is not a folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise RootNotWritableError(root, f"no write permission on {nearest}")


def require_readable(root: str) -> None:
    """Raise RootNotReadableError before Spark starts where a folder of a local root may not be read by this user.

    Another user's umask is the usual reason. The folders of the tables are looked at too, no file in them is.
    """
    local = local_path(root)
    if local is None:
        return
    for pattern in ("", "*", "*/*", "*/*/_delta_log", "*/_delta_log"):
        for folder in [local] if not pattern else sorted(local.glob(pattern)):
            if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
                raise RootNotReadableError(root, str(folder), _owner(folder))


def _owner(folder: Path) -> str:
    try:
        return folder.owner()
    except KeyError:
        return f"the user id {folder.stat().st_uid}"
