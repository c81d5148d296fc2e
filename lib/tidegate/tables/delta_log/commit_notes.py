"""What single commits of a table say about themselves: their operation, and the note that tidegate adds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from tidegate.hadoop import open_path
from tidegate.jvm import java_class

# Delta writes the entry with the operation first. Other writers may put it among the first lines.
_FIRST_LINES = 20


@dataclass(frozen=True)
class CommitNote:
    """The description of one commit in the log of its table.

    Attributes:
        operation: What Delta calls the commit, such as `WRITE`.
        note: The note of tidegate; empty if the commit has none.
    """

    operation: str
    note: Mapping[str, Any]


def commit_note(spark: SparkSession, path: str, version: int) -> CommitNote | None:
    """Return the description of the commit that made a version; None if the log no longer has it. No Spark job starts.

    Args:
        spark: The session.
        path: The table.
        version: The number of the version.
    """
    file, file_system = open_path(spark, f"{path}/_delta_log/{version:020d}.json")
    try:
        stream = file_system.open(file)
    except Py4JJavaError:
        if file_system.exists(file):
            raise
        return None
    lines = java_class(spark, "org.apache.commons.io.IOUtils").lineIterator(stream, "UTF-8")
    try:
        for _ in range(_FIRST_LINES):
            if not lines.hasNext():
                break
            described = json.loads(lines.next()).get("commitInfo")
            if described is not None:
                return _from_log(described)
        return CommitNote("", {})
    finally:
        stream.close()


def _from_log(described: Mapping[str, Any]) -> CommitNote:
    try:
        note = json.loads(described.get("userMetadata") or "{}")
    except ValueError:
        # Somebody else wrote to the table, with a note of another form.
        note = {}
    return CommitNote(str(described.get("operation", "")), note if isinstance(note, dict) else {})
