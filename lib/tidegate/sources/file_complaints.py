"""Find faults of a file as a whole, because of which none of its rows can be trusted."""

from collections.abc import Mapping, Sequence

from pyspark.sql import Row, SparkSession

from tidegate.sources.folders import ListedFile
from tidegate.sources.formats.format import FileSummary
from tidegate.sources.judged_rows import BLOCK
from tidegate.sources.source import Source


def complaints(
    spark: SparkSession, source: Source, paths: Mapping[ListedFile, str], parts: Mapping[ListedFile, Sequence[Row]]
) -> dict[str, str]:
    """Return a text for each file that has a fault, by the name of the file. Files without a fault are left out.

    Args:
        spark: The session.
        source: The declaration of the files.
        paths: The path of each file.
        parts: The summary of each part of each file. A part is what one task of Spark reads.
    """
    found = {file: _in_whole(source, parts[file]) or _of_format(spark, source, path, parts[file]) for file, path in paths.items()}
    return {file.name: complaint for file, complaint in found.items() if complaint is not None}


def _in_whole(source: Source, parts: Sequence[Row]) -> str | None:
    if source.format.delivery.may_be_empty:
        return None
    if not parts:
        return "the file is empty"
    damaged = next((part for part in parts if part["not_utf8"] is not None), None)
    if damaged is not None:
        line = damaged["not_utf8"] - damaged["first"] + 1 + sum(_lines(part) for part in parts if part[BLOCK] < damaged[BLOCK])
        return f"line {line}: it is not UTF-8; convert the file, or find out what damaged it"
    return _in_state(parts) if source.holds_states else None


def _in_state(parts: Sequence[Row]) -> str | None:
    if not any(part["rows"] for part in parts):
        return "zero rows: as a full state, the file would mean that every row is gone"
    held = sum(part["quarantined"] for part in parts)
    why = "a full state is taken whole, because rows left out of it would count as gone"
    return f"{held} rows that can't be read or are not as expected; {why}" if held else None


def _of_format(spark: SparkSession, source: Source, path: str, parts: Sequence[Row]) -> str | None:
    if not parts:
        return None
    summary = FileSummary(path, parts[0]["first_kind"], sum(part["headers"] for part in parts))
    return source.format.file_complaint(spark, source, summary)


def _lines(part: Row) -> int:
    return int(part["last"] - part["first"] + 1)
