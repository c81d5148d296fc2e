"""Remove every file in a table's folder that the newest version does not need."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from delta.tables import DeltaTable
from pyspark.sql import SparkSession

from tidegate.tables.commits.commit import committed
from tidegate.tables.delta_log.files import logged_files
from tidegate.tables.find import local_folder
from tidegate.tables.read import lists_files

# VACUUM leaves all other folders alone whose names begin with an underscore or a dot, unless they hold the files of a partition.
_CHANGE_FEED = "_change_data"


def vacuum_table(spark: SparkSession, path: str) -> None:
    """Remove every file that the newest version does not need, however young. Older versions can't be read afterwards.

    It needs the lock: it would otherwise remove files that a running writer has not committed yet.

    Delta's VACUUM replays the log and makes two commits, in about twenty Spark jobs. This takes seconds, also if there is nothing
    to remove. So if the table is in a local folder and its log lists the files without a job, the driver removes the files.
    """
    committed(spark, path, lambda: _vacuum(spark, path))


def _vacuum(spark: SparkSession, path: str) -> None:
    folder = local_folder(spark, path)
    if folder is None or not lists_files(spark, path):
        _delta_vacuum(spark, path)
        return
    # The folder is listed before the log is read: a file that is committed in between is in the log, and stays.
    lying = list(_files_in(folder))
    logged = logged_files(spark, path)
    if any(file.hidden for file in logged):
        # The files of deletion vectors are needed, too, and the log writes their names in another way.
        _delta_vacuum(spark, path)
        return
    needed = {unquote(file.path).rpartition("/")[2] for file in logged}
    for file in lying:
        if file.name not in needed:
            file.unlink(missing_ok=True)
            # Hadoop writes a hidden file with the checksum of each file.
            file.with_name(f".{file.name}.crc").unlink(missing_ok=True)


def _delta_vacuum(spark: SparkSession, path: str) -> None:
    DeltaTable.forPath(spark, path).vacuum(0)


def _files_in(folder: Path) -> Iterator[Path]:
    """Yield the files of a table's folder and of its partitions, but not those of the log and hidden ones."""
    for entry in folder.iterdir():
        if not entry.is_dir():
            if not entry.name.startswith((".", "_")):
                yield entry
        elif not entry.name.startswith((".", "_")) or "=" in entry.name or entry.name == _CHANGE_FEED:
            yield from _files_in(entry)
