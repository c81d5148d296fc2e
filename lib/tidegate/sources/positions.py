"""Record which files of a source were loaded, and find out which files are new, changed or gone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import ChangedFilesError
from tidegate.sources.folders import ListedFile
from tidegate.sources.source import Source
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.commits.few_rows import append_few
from tidegate.tables.create import TableShape, create_table, table_exists
from tidegate.tables.read import read_table
from tidegate.tables.store import Store

SCHEMA = T.StructType(
    [
        T.StructField("source", T.StringType()),
        T.StructField("file", T.StringType()),
        T.StructField("bytes", T.LongType()),
        T.StructField("modified", T.TimestampType()),
        T.StructField("batch", T.StringType()),
        T.StructField("rows", T.LongType()),
        T.StructField("loaded_at", T.TimestampType()),
    ]
)


@dataclass(frozen=True)
class FilesToLoad:
    """The files of a source, compared with those that were loaded before.

    Attributes:
        new: The files that are to be loaded for the first time.
        changed: The files that were loaded before and now have another size or time. They are to be loaded again.
        vanished: The names of the files that were loaded before and no longer exist.
        loaded: The number of files that were loaded before and have not changed.
    """

    new: tuple[ListedFile, ...]
    changed: tuple[ListedFile, ...]
    vanished: tuple[str, ...]
    loaded: int

    @property
    def files(self) -> tuple[ListedFile, ...]:
        """The new and changed files, ordered by name."""
        return tuple(sorted((*self.new, *self.changed), key=lambda file: file.name))


def files_to_load(store: Store, source: Source, listed: Iterable[ListedFile]) -> FilesToLoad:
    """Compare the files in a folder with those that were loaded from it before.

    Raises:
        ChangedFilesError: A file changed or no longer exists, and the source declares that this stops the load.
    """
    known, delivery = loaded_files(store, source.name), source.format.delivery
    there = {file.name: file for file in delivery.pieces(listed, known)}
    new = tuple(file for file in there.values() if file.name not in known)
    changed = tuple(file for file in there.values() if file.name in known and known[file.name] != file)
    vanished = tuple(sorted(delivery.expected(known, there) - there.keys()))
    refused = {"changed": [file.name for file in changed] if source.changed_files == "refuse" else []}
    refused |= {"gone": list(vanished) if source.vanished_files == "refuse" else []}
    if any(refused.values()):
        raise ChangedFilesError(source.name, refused)
    return FilesToLoad(new, changed, vanished, len(there) - len(new) - len(changed))


def loaded_files(store: Store, source: str) -> Mapping[str, ListedFile]:
    """Return the files of a source that were loaded, by name, each with the size and time of its last load."""
    if not table_exists(store.spark, store.layout.source_files):
        return {}
    rows = read_table(store.spark, store.layout.source_files).where(F.col("source") == source)
    newest = rows.groupBy("file").agg(
        F.max_by(F.struct("bytes", F.unix_millis("modified").alias("modified")), "loaded_at").alias("f")
    )
    return {row["file"]: ListedFile(row["file"], row["f"]["bytes"], row["f"]["modified"]) for row in newest.collect()}


def record_files(store: Store, source: str, files: Mapping[ListedFile, int], batch: str | None, moment: datetime) -> None:
    """Record files as loaded, in one commit.

    Args:
        store: The store.
        source: The name of the source.
        files: The number of rows of each file.
        batch: The batch with which the files were loaded.
        moment: When the files were loaded.
    """
    create_table(store.spark, store.layout.source_files, TableShape(SCHEMA))
    rows = [
        (source, file.name, file.bytes, datetime.fromtimestamp(file.modified / 1000, UTC), batch, count, moment)
        for file, count in files.items()
    ]
    append_few(store.spark, store.layout.source_files, rows, SCHEMA, Commit(note={"source": source, "batch": batch}))
