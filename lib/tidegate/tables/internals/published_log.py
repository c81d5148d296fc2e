"""Read one version of a table's log from the files of the log, with Delta's published protocol and without classes of Delta.

The protocol is https://github.com/delta-io/delta/blob/master/PROTOCOL.md. The driver reads a checkpoint and the commits after it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.errors import UnreadableLogError
from tidegate.hadoop import open_path
from tidegate.text_files import read_text

_COMMIT = re.compile(r"(\d{20})\.json")
# A checkpoint is one file, or several with numbers: the number of the file, and how many files there are.
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(?:\.\d{10}\.(\d{10}))?\.parquet")


@dataclass
class _Actions:
    """The state of a table after the actions of its log."""

    metadata: Mapping[str, Any] = field(default_factory=dict)
    tokens: dict[str, None] = field(default_factory=dict)
    files: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    def apply(self, action: Mapping[str, Any]) -> None:
        """Apply one action. The order inside a commit does not matter, because a commit never adds and removes the same key."""
        if (metadata := action.get("metaData")) is not None:
            self.metadata = metadata
        elif (token := action.get("txn")) is not None:
            self.tokens[token["appId"]] = None
        elif (added := action.get("add")) is not None:
            self.files[_file_key(added)] = added
        elif (removed := action.get("remove")) is not None:
            self.files.pop(_file_key(removed), None)


@dataclass(frozen=True)
class PublishedLog:
    """A version of a table's log. `TableLog` explains what the methods return.

    Attributes:
        spark: The session.
        path: The table.
        at: The version; None: the newest.
    """

    spark: SparkSession
    path: str
    at: int | None = None

    @cached_property
    def version(self) -> int:
        """The number of the version."""
        return max(self._names, default=-1) if self.at is None else self.at

    @property
    def table_id(self) -> str:
        """The id that Delta gave the table when it was created."""
        return str(self.metadata()["id"])

    @property
    def names_files(self) -> bool:
        """Whether `files` starts no job. Here it can start one, to read a checkpoint."""
        return False

    def metadata(self) -> Mapping[str, Any]:
        """Return schema, properties and partition columns, as in the log."""
        return self._actions.metadata

    def tokens(self) -> list[str]:
        """Return the tokens of all commits."""
        return list(self._actions.tokens)

    def file_count(self) -> int:
        """Return the number of data files."""
        return len(self._actions.files)

    def byte_count(self) -> int:
        """Return the size of all data files in bytes."""
        return sum(int(file["size"]) for file in self._actions.files.values())

    def files(self) -> list[Mapping[str, Any]]:
        """Return the log's entry of each data file."""
        return list(self._actions.files.values())

    def rows(self) -> DataFrame | None:
        """Return None, so that the caller uses Delta's own reader."""
        return None

    @cached_property
    def _names(self) -> Mapping[int, tuple[str, ...]]:
        """The name of the commit file of each version; a version for which there is only a checkpoint has none."""
        found = {int(match[1]): (match[0],) for name in self._all_names if (match := _COMMIT.fullmatch(name))}
        return {**dict.fromkeys(self._checkpoints, ()), **found}

    @cached_property
    def _checkpoints(self) -> Mapping[int, list[str]]:
        """The files of each complete checkpoint, by version."""
        parts: dict[tuple[int, int], list[str]] = {}
        for match in filter(None, map(_CHECKPOINT.fullmatch, self._all_names)):
            parts.setdefault((int(match[1]), int(match[2] or 1)), []).append(match[0])
        return {version: names for (version, count), names in sorted(parts.items()) if len(names) == count}

    @cached_property
    def _all_names(self) -> list[str]:
        log, file_system = open_path(self.spark, f"{self.path}/_delta_log")
        entries, names = file_system.listStatusIterator(log), []
        while entries.hasNext():
            names.append(str(entries.next().getPath().getName()))
        return names

    @cached_property
    def _actions(self) -> _Actions:
        start = max((version for version in self._checkpoints if version <= self.version), default=-1)
        wanted = range(start + 1, self.version + 1)
        if self.version < 0 or any(not self._names.get(version) for version in wanted):
            raise UnreadableLogError(self.path, self.version)
        found = _Actions()
        for action in self._checkpoint_actions(start):
            found.apply(action)
        for version in wanted:
            for line in (read_text(self.spark, f"{self.path}/_delta_log/{self._names[version][0]}") or "").splitlines():
                found.apply(json.loads(line))
        return found

    def _checkpoint_actions(self, version: int) -> Iterator[Mapping[str, Any]]:
        if version < 0:
            return
        files = [f"{self.path}/_delta_log/{name}" for name in self._checkpoints[version]]
        for row in self.spark.read.parquet(*files).select(F.to_json(F.struct("metaData", "txn", "add"))).collect():
            yield json.loads(row[0])


def _file_key(action: Mapping[str, Any]) -> tuple[str, str]:
    """Return the key of a file: its path and its deletion vector."""
    marks = action.get("deletionVector") or {}
    return action["path"], "".join(str(marks.get(part, "")) for part in ("storageType", "pathOrInlineDv", "offset"))
