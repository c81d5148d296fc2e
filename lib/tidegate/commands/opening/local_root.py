"""A root in a folder of this machine: may this user read it and write to it?

Only Hadoop knows where a name without a scheme lies, because `fs.defaultFS` may send it to another file system. `Store.open` asks
Hadoop and gives such a root its scheme, so the name of an opened store's root tells what it is. Before that the name decides one
thing only: whether a relative path is completed by a folder of this machine.
"""

import os
import re
from pathlib import Path

from tidegate.errors import RootNotReadableError, RootNotWritableError
from tidegate.tables.store import Store

_OTHER_SYSTEM = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]+:/")


def is_local_by_name(root: str) -> bool:
    """Tell whether a root's name does not say that it lies in another file system."""
    return not _OTHER_SYSTEM.match(root)


def local_path(root: str) -> Path | None:
    """Return the folder of a root that is local by its name, or None for another file system."""
    if root.startswith("file:"):
        return Path("/" + root.removeprefix("file:").lstrip("/"))
    return Path(root) if is_local_by_name(root) else None


def require_usable_root(store: Store, writes: bool) -> None:
    """Refuse a root on this machine that this user may not read, or may not write to; a root elsewhere is not looked at.

    Raises:
        RootNotReadableError, RootNotWritableError: The root can't be used.
    """
    if not store.is_local:
        return
    if writes:
        require_local_root(store.layout.root)
    require_readable(store.layout.root)


def require_local_root(root: str) -> None:
    """Raise RootNotWritableError where a root on this machine can't be written."""
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
    """Raise RootNotReadableError where this user may not read a folder of a root on this machine.

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
