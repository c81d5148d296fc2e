"""Where the files of a source are, which of them a run may load, and which whole days they hold."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from pyspark.sql import SparkSession

from tidegate.errors import MissingDayError
from tidegate.hadoop import is_relative
from tidegate.period import Period
from tidegate.pipelines.load_batches import listed_parts, require_files
from tidegate.sources.folders import ListedFile, day_of
from tidegate.sources.source import Source


def source_folder(spark: SparkSession, source: Source, landing: str | None) -> str:
    """Return the folder of a source. A relative one lies in the landing zone, if one is given."""
    folder = source.name if source.folder is None else source.folder
    if landing is None or not is_relative(spark, folder):
        return folder
    return f"{landing.rstrip('/')}/{folder}"


def listed_files(spark: SparkSession, source: Source, folder: str, days: Period | None) -> tuple[ListedFile, ...]:
    """Return the files of a source that a run may load.

    Args:
        spark: The session.
        source: The source.
        folder: Its folder.
        days: Only the files of these days, for a source whose files lie in folders of days; None: all files.

    Raises:
        NoFilesError: There is no file.
        MissingFilesError: A file that the source declares as expected is missing.
        MissingDayError: One of the days has no file.
    """
    listed = listed_parts(spark, source, folder)
    require_files(source, folder, listed, source.expected)
    if days is None or not source.by_day:
        return listed
    present = {day for file in listed if (day := day_of(file.name)) is not None}
    missing = [day for day in days.days() if day not in present]
    if missing:
        raise MissingDayError(source.name, folder, missing, sorted(present))
    return tuple(file for file in listed if (day := day_of(file.name)) is not None and days.first_day <= day <= days.last_day)


def loaded_spans(source: Source, files: Iterable[ListedFile], days: Period | None) -> Sequence[Period]:
    """Return the days that files hold, as periods of days that follow each other.

    Args:
        source: A source whose files lie in folders of days.
        files: The loaded files.
        days: The days that the run was asked for; they are whole, with or without news. None: the days of the files.
    """
    if days is not None:
        return [days]
    spans: list[list[date]] = []
    for day in sorted({day for file in files if (day := day_of(file.name)) is not None}):
        if spans and day - spans[-1][-1] == timedelta(days=1):
            spans[-1].append(day)
        else:
            spans.append([day])
    return [Period(span[0], span[-1], source.zone or "UTC") for span in spans]
