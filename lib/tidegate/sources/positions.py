"""Record which files of a source were loaded into which feature group, and find out which files are new, changed or gone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import itemgetter, or_

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
        T.StructField("feature_group", T.StringType()),
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


def files_to_load(source: Source, known: Mapping[str, ListedFile], listed: Iterable[ListedFile]) -> FilesToLoad:
    """Compare the files in a folder with those that were loaded before.

    Args:
        source: The source.
        known: The files that were loaded before into a feature group, by name.
        listed: The files in the folder.

    Raises:
        ChangedFilesError: A file changed or no longer exists, and the source declares that this stops the load.
    """
    delivery = source.format.delivery
    there = {file.name: file for file in delivery.pieces(listed, known)}
    new = tuple(file for file in there.values() if file.name not in known)
    changed = tuple(file for file in there.values() if file.name in known and known[file.name] != file)
    vanished = tuple(sorted(delivery.expected(known, there) - there.keys()))
    refused = {"changed": [file.name for file in changed] if source.changed_files == "refuse" else []}
    refused |= {"gone": list(vanished) if source.vanished_files == "refuse" else []}
    if any(refused.values()):
        raise ChangedFilesError(source.name, refused)
    return FilesToLoad(new, changed, vanished, len(there) - len(new) - len(changed))


def loaded_files(store: Store, groups: Mapping[str, Sequence[str]]) -> Mapping[tuple[str, str], Mapping[str, ListedFile]]:
    """Return the files that were loaded, by name, each with its size and time then. One job reads the records of all sources.

    Args:
        store: The store.
        groups: The full names of the feature groups of each source, by the name of the source.

    Returns:
        The files of each pair of a source and a group.
    """
    found: dict[tuple[str, str], dict[str, ListedFile]] = {(source, name): {} for source in groups for name in groups[source]}
    if not found or not table_exists(store.spark, store.layout.source_files):
        return found
    of_source = [(F.col("source") == source) & F.col("feature_group").isin(*names) for source, names in groups.items()]
    rows = read_table(store.spark, store.layout.source_files).where(reduce(or_, of_source))
    columns = rows.select("source", "feature_group", "file", "bytes", F.unix_millis("modified").alias("modified"), "loaded_at")
    # There is a row for each time that a file was loaded, which is hardly ever more than once. The newest one counts.
    for row in sorted(columns.collect(), key=itemgetter("loaded_at")):
        found[row["source"], row["feature_group"]][row["file"]] = ListedFile(row["file"], row["bytes"], row["modified"])
    return found


@dataclass(frozen=True)
class LoadedFiles:
    """Files that were loaded as one batch.

    Attributes:
        source: The name of the source.
        groups: The full names of the feature groups into which they were loaded.
        files: The number of rows of each file.
        batch: The batch with which the files were loaded; None for files that count as loaded, although nothing of them was read.
    """

    source: str
    groups: Sequence[str]
    files: Mapping[ListedFile, int]
    batch: str | None


def record_files(store: Store, loads: Sequence[LoadedFiles], moment: datetime) -> None:
    """Record files as loaded, in one commit.

    Args:
        store: The store.
        loads: The files of each load.
        moment: When the files were loaded.
    """
    if not loads:
        return
    create_table(store.spark, store.layout.source_files, TableShape(SCHEMA))
    rows = [row for loaded in loads for row in _rows(loaded, moment)]
    note = {"sources": sorted({loaded.source for loaded in loads})}
    append_few(store.spark, store.layout.source_files, rows, SCHEMA, Commit(note=note))


def _rows(loaded: LoadedFiles, moment: datetime) -> list[tuple[object, ...]]:
    return [
        (
            loaded.source,
            file.name,
            file.bytes,
            datetime.fromtimestamp(file.modified / 1000, UTC),
            loaded.batch,
            count,
            moment,
            group,
        )
        for group in loaded.groups
        for file, count in loaded.files.items()
    ]
