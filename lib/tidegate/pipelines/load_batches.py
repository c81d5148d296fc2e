"""Divide the files of a source into batches, and describe each batch."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession

from tidegate.errors import (
    ExpectationFailedError,
    FolderChangedError,
    MissingFilesError,
    MissingMomentError,
    NoFilesError,
)
from tidegate.feature_groups.writing.batch import Batch, Changes, FullState, ScopeValue
from tidegate.sources.folders import ListedFile
from tidegate.sources.positions import FilesToLoad
from tidegate.sources.source import Source


@dataclass(frozen=True)
class Part:
    """The files that are loaded as one batch.

    Attributes:
        files: The files, or one version of a Delta table.
        whole: Whether to load all rows of a table version, and not only what it changed.
        reloaded: Names of the files that were loaded before and have changed since.
    """

    files: list[ListedFile]
    whole: bool = False
    reloaded: tuple[str, ...] = ()


def listed_parts(spark: SparkSession, source: Source, folder: str) -> tuple[ListedFile, ...]:
    """Return the files below the folder of a source, or the versions of its Delta table."""
    return source.format.delivery.listed(spark, source.name, folder)


def parts_of(source: Source, todo: FilesToLoad) -> list[Part]:
    """Return the batches to load, in order.

    One batch is all files of a source of changes, one file of a source of full states, or one version of a Delta table.
    """
    if is_first(source, todo):
        return [Part([todo.files[-1]], whole=True)]
    if source.format.delivery.one_at_a_time:
        return [Part([file]) for file in todo.files]
    batches = [list(todo.files)] if source.contents is None else states(source, todo.files)
    changed = {file.name for file in todo.changed}
    return [Part(files, reloaded=tuple(file.name for file in files if file.name in changed)) for files in batches]


def is_first(source: Source, todo: FilesToLoad) -> bool:
    """Return whether a change feed is loaded for the first time, so that all present rows of the table are loaded."""
    return source.format.delivery.starts_whole and not todo.loaded and not todo.changed


def batch_of(source: Source, files: Sequence[ListedFile], rows: DataFrame, arrived_at: datetime | None) -> Batch:
    """Return the description of a batch. Its id is a hash of the names, sizes and times of its files.

    Args:
        source: The source.
        files: The files of the batch.
        rows: The accepted rows, which tell the scope of a full state.
        arrived_at: When the files arrived; None for a load of history.

    Raises:
        ExpectationFailedError: The rows of a full state have more than one value in a column of its scope.
    """
    text = "\n".join(f"{file.name}\t{file.bytes}\t{file.modified}" for file in files)
    name = f"{source.name}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
    known_at = source.format.delivery.known_at(files[0])
    if not source.holds_states:
        return Batch(name, Changes(), arrived_at or known_at)
    moment = known_at if source.contents is None else source.contents.moment_of(files[0].name)
    if moment is None:
        raise RuntimeError(f"source {source.name}: {files[0].name} names no moment")
    return Batch(name, FullState(moment, _scope(source, rows)), None if known_at else arrived_at)


def states(source: Source, files: Sequence[ListedFile]) -> list[list[ListedFile]]:
    """Return a batch for each file of a source of full states, in the order of the moments in their names.

    Raises:
        MissingMomentError: The name of a file contains no moment.
    """
    form = source.contents
    moments = {file: form.moment_of(file.name) for file in files} if form else {}
    unnamed = [file.name for file, moment in moments.items() if moment is None]
    if unnamed:
        raise MissingMomentError(source.name, unnamed, form.moment if form else "")
    return [[file] for file in sorted(moments, key=lambda file: (moments[file], file.name))]


def require_files(source: Source, folder: str, listed: Sequence[ListedFile], expected: Sequence[str]) -> None:
    """Check that a folder contains files, including all that are expected.

    Args:
        source: The source, for messages.
        folder: The folder, for messages.
        listed: The files in the folder.
        expected: Names of files that must be among them.

    Raises:
        NoFilesError: The folder contains no file.
        MissingFilesError: An expected file is missing.
    """
    names = [file.name for file in listed]
    if not names:
        raise NoFilesError(source.name, folder, source.format.delivery.noun)
    missing = [name for name in expected if name not in names]
    if missing:
        raise MissingFilesError(source.name, folder, missing, names)


def require_unchanged(spark: SparkSession, source: Source, folder: str, files: Sequence[ListedFile]) -> None:
    """Raise FolderChangedError if a file has changed since it was listed, because only part of it may have been read."""
    changed = source.format.delivery.changed(spark, source.name, folder, files)
    if changed:
        raise FolderChangedError(source.name, changed)


def _scope(source: Source, rows: DataFrame) -> dict[str, ScopeValue]:
    names = source.contents.scope if source.contents else ()
    if not names:
        return {}
    found = rows.select(*names).distinct().limit(2).collect()
    if len(found) != 1:
        raise ExpectationFailedError(f"source {source.name}", {", ".join(names): "a state's rows have more than one value there"})
    return found[0].asDict()
