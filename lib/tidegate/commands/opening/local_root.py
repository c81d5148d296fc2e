"""Check whether this user may read and write a root in a folder of this machine.

A name without a scheme does not say where the root is: Hadoop's `fs.defaultFS` may put it on another file system. `Store.open`
asks Hadoop and adds the scheme to such a name, so the name of an opened store's root says where it is. Before that, the name
is used for one decision only: whether a relative path is completed with a folder of this machine.
"""

import os
from pathlib import Path

from tidegate.errors import RootNotReadableError, RootNotWritableError
from tidegate.hadoop import local_path
from tidegate.tables.store import Store


def require_usable_root(store: Store, writes: bool) -> None:
    """Raise an error if this user may not read a root on this machine, or may not write to it; other roots are not checked.

    Raises:
        RootNotReadableError, RootNotWritableError: This user does not have the permission.
    """
    if not store.is_local:
        return
    if writes:
        require_local_root(store.layout.root)
    require_readable(store.layout.root)


def require_local_root(root: str) -> None:
    """Raise RootNotWritableError if this user can't write to a root on this machine."""
    local = local_path(root)
    if local is None:
        return
    nearest = local
    # Not Path.exists, which raises an error if this user may not enter a folder above it.
    while not os.path.exists(nearest):
        nearest = nearest.parent
    if not nearest.is_dir():
        raise RootNotWritableError(root, f"{nearest} is not a folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise RootNotWritableError(root, f"no write permission on {nearest}")


def require_readable(root: str) -> None:
    """Raise RootNotReadableError if this user may not read one of the folders of a root on this machine.

    The usual reason is the umask of another user. The folders of the tables are checked too, but no files.
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
