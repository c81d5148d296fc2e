"""Find all Delta tables under a root, including those that other programs wrote."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from pyspark.sql import SparkSession

from tidegate.hadoop import hadoop_path, open_path
from tidegate.tables.delta_log.log_folder import holds_version

_LOG = "_delta_log"
# How many levels an object store is searched: each further level lists all folders of the levels above again.
_DEEPEST = 8


def find_tables(spark: SparkSession, root: str, leave_out: Collection[str] = ()) -> list[str]:
    """Return the folders under the root that contain a Delta table, as sorted paths relative to the root.

    A table inside the folder of another table is found as well. The folders of partitions and Delta's own folders are not
    searched. On HDFS and object stores, the search goes eight levels deep.

    Args:
        spark: The session.
        root: The root folder.
        leave_out: Folders that are not searched, as paths relative to the root.
    """
    local = local_folder(spark, root)
    skipped = {part.strip("/") for part in leave_out}
    found = _tables_in_globs(spark, root, skipped) if local is None else _tables_in_folders(local, skipped)
    return sorted(path for path in found if holds_version(spark, hadoop_path(spark, f"{root.rstrip('/')}/{path}/{_LOG}")))


def local_folder(spark: SparkSession, path: str) -> Path | None:
    """Return a path of the local file system with symbolic links resolved; None for other file systems."""
    named, file_system = open_path(spark, path)
    # A path without a scheme is on the file system that fs.defaultFS names.
    uri = file_system.makeQualified(named).toUri()
    return Path(os.path.realpath(uri.getPath())) if uri.getScheme() == "file" else None


def below(spark: SparkSession, root: str, path: str) -> str | None:
    """Return a path relative to the root, however both are written: empty for the root itself, None for a path outside it."""
    # Compare the paths as they are written first: a link under the root to a folder elsewhere keeps its name under the root.
    for form in (_qualified, _resolved):
        top, inside = form(spark, root), form(spark, path)
        if f"{inside}/".startswith(f"{top}/"):
            return inside.removeprefix(top).strip("/")
    return None


def _qualified(spark: SparkSession, path: str) -> str:
    named, file_system = open_path(spark, path)
    return str(file_system.makeQualified(named)).rstrip("/")


def _resolved(spark: SparkSession, path: str) -> str:
    local = local_folder(spark, path)
    return _qualified(spark, path) if local is None else str(local).rstrip("/")


def _tables_in_folders(root: Path, skipped: Collection[str]) -> Iterator[str]:
    seen: set[tuple[int, int]] = set()
    for folder, inner, _ in os.walk(root, followlinks=True):
        relative = os.path.relpath(folder, root).replace(os.sep, "/")
        is_table = _LOG in inner and folder != str(root)
        status = os.stat(folder)
        # Without this check, a link to a parent folder would be followed forever.
        is_new = (status.st_dev, status.st_ino) not in seen
        seen.add((status.st_dev, status.st_ino))
        inner[:] = [name for name in inner if is_new and _is_looked_into(name, _joined(relative, name), is_table, skipped)]
        if is_table:
            yield relative


def _is_looked_into(name: str, relative: str, is_in_table: bool, skipped: Collection[str]) -> bool:
    if relative in skipped or name == _LOG:
        return False
    # Delta's own folders begin with an underscore; `column=value` holds the files of a partition.
    return not (is_in_table and (name.startswith("_") or "=" in name))


def _tables_in_globs(spark: SparkSession, root: str, skipped: Collection[str]) -> Iterator[str]:
    path, file_system = open_path(spark, root)
    top = str(file_system.makeQualified(path))
    for depth in range(1, _DEEPEST + 1):
        pattern, _ = open_path(spark, "/".join([root.rstrip("/"), *["*"] * depth, _LOG]))
        for status in file_system.globStatus(pattern) or []:
            relative = str(status.getPath().getParent()).removeprefix(top).strip("/")
            if not any(relative == each or relative.startswith(f"{each}/") for each in skipped):
                yield relative


def _joined(relative: str, name: str) -> str:
    return name if relative == "." else f"{relative}/{name}"
