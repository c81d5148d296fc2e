"""Which files of a source a run may load, and which whole days they hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from tidegate.errors import MissingDayError
from tidegate.period import Period
from tidegate.pipelines.load_batches import listed_parts, require_files
from tidegate.pipelines.load_request import LoadRequest
from tidegate.sources.folders import ListedFile, day_of
from tidegate.sources.positions import FilesToLoad, files_to_load, loaded_files
from tidegate.sources.source import Source
from tidegate.sources.source_folder import source_folder
from tidegate.tables.store import Store


def new_files(
    store: Store, groups: Sequence[tuple[Source, Sequence[str]]], request: LoadRequest
) -> Sequence[Mapping[str, FilesToLoad]]:
    """Return the files that a run would load from each source into each of its feature groups.

    A run that chooses days looks at the files of these days only: those of other days may have changed or be gone.

    Args:
        store: The store.
        groups: Each source, with the full names of its feature groups.
        request: What to load.

    Returns:
        The files by the name of the group, for each source in order.

    Raises:
        NoFilesError: There is no file.
        MissingFilesError: A file that a source declares as expected is missing.
        MissingDayError: One of the chosen days has no file.
        ChangedFilesError: A file that was loaded before has changed or is gone.
    """
    listed = [files_of_days(store, source, request) for source, _ in groups]
    known = loaded_files(store, {source.name: names for source, names in groups})
    result = []
    for (source, names), there in zip(groups, listed, strict=True):
        found = {}
        for name in names:
            loaded = {file.name: file for file in _of_days(source, known[source.name, name].values(), request)}
            todo = files_to_load(source, loaded, there)
            if request.again:
                todo = replace(todo, new=source.format.delivery.pieces(there, {}), changed=(), loaded=0)
            found[name] = todo
        result.append(found)
    return result


def files_of_days(store: Store, source: Source, request: LoadRequest) -> tuple[ListedFile, ...]:
    """Return the files of the days that a run chooses, new or not; all files if it chooses none. No Spark job starts.

    Raises:
        NoFilesError, MissingFilesError, MissingDayError: As in `new_files`.
    """
    folder = source_folder(store.spark, source, request.landing)
    listed = listed_parts(store.spark, source, folder)
    require_files(source, folder, listed, source.expected)
    if request.days is not None and source.by_day:
        _require_days(source, folder, listed, request.days)
    return _of_days(source, listed, request)


def _of_days(source: Source, files: Iterable[ListedFile], request: LoadRequest) -> tuple[ListedFile, ...]:
    days = request.days
    return tuple(file for file in files if days is None or not source.by_day or _is_in(file, days))


def loaded_spans(source: Source, files: Iterable[ListedFile], days: Period | None) -> Sequence[Period]:
    """Return the days that files hold, as periods of days that follow each other.

    Args:
        source: A source whose files lie in folders of days, or any source in a run of chosen days.
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


def _require_days(source: Source, folder: str, listed: Iterable[ListedFile], days: Period) -> None:
    present = {day for file in listed if (day := day_of(file.name)) is not None}
    missing = [day for day in days.days() if day not in present]
    if missing:
        raise MissingDayError(source.name, folder, missing, sorted(present))


def _is_in(file: ListedFile, days: Period) -> bool:
    day = day_of(file.name)
    return day is not None and days.first_day <= day <= days.last_day
