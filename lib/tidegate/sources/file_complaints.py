"""Find faults of a file as a whole, because of which none of its rows can be trusted."""

import csv
from collections.abc import Mapping, Sequence

from pyspark.sql import Row, SparkSession

from tidegate.errors import did_you_mean
from tidegate.sources.first_lines import first_lines
from tidegate.sources.folders import ListedFile
from tidegate.sources.formats.declared import Csv, Delta
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
    found = {file: _in_whole(source, parts[file]) or _in_header(spark, source, paths[file], parts[file]) for file in paths}
    return {file.name: complaint for file, complaint in found.items() if complaint is not None}


def _in_whole(source: Source, parts: Sequence[Row]) -> str | None:
    if isinstance(source.format, Delta) and not source.holds_states:
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


def _in_header(spark: SparkSession, source: Source, path: str, parts: Sequence[Row]) -> str | None:
    form = source.format
    if not isinstance(form, Csv) or form.wide is not None or not form.header:
        return None
    if parts[0]["first_kind"] != "header":
        return _header_complaint(source, form, first_lines(spark, path, 1))
    headers = sum(part["headers"] for part in parts)
    return f"the header stands in it {headers} times: were files concatenated?" if headers > 1 else None


def _lines(part: Row) -> int:
    return int(part["last"] - part["first"] + 1)


def _header_complaint(source: Source, form: Csv, lines: Sequence[str]) -> str:
    names = list(source.file_names.values())
    expected = f"expected the header {form.separator.join(names)}"
    found = next(csv.reader(lines, delimiter=form.separator), []) if lines else []
    if not {name.lower() for name in found} & {name.lower() for name in names}:
        # It may hold values, which must not reach a message.
        return f"line 1: it is no header; {expected}"
    missing = [name for name in names if name not in found]
    extra = [name for name in found if name not in names]
    twice = sorted({name for name in found if found.count(name) > 1})
    parts = [f"missing column {', '.join(missing)}"] if missing else []
    parts += [f"extra column {', '.join(extra)}"] if extra else []
    parts += [f"column {', '.join(twice)} stands in it twice"] if twice else []
    hint = f".{did_you_mean(missing[0], extra)}" if missing and extra else ""
    return f"line 1: {'; '.join(parts) or 'columns in another order'}; {expected}{hint}"
