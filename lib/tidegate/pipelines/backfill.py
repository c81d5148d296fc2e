"""The backfill: fill one version of a feature group, from its inputs or from an older version."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.errors import MissingGroupError, NoDaysError, NoOlderVersionError
from tidegate.feature_groups.catalog.features_table import record_features
from tidegate.feature_groups.computed_rows import computed_rows
from tidegate.feature_groups.definition import BUCKET, EVENT_TIME
from tidegate.feature_groups.loaded_until import Load, loaded_until, record_loaded_until
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.feature_groups.steps.older_version import OlderVersion
from tidegate.feature_groups.storage import map_groups, require_same_definitions
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.write import write_and_record
from tidegate.moments import moment_column
from tidegate.period import Period
from tidegate.pipelines.computed_until import computed_until
from tidegate.pipelines.load_request import LoadRequest
from tidegate.pipelines.loaded_days import loaded_days
from tidegate.pipelines.loading import load_now
from tidegate.pipelines.run_records import run_records
from tidegate.pipelines.run_step import run_step
from tidegate.progress import timed_step
from tidegate.subjects.suppression import current_suppression
from tidegate.tables.create import table_exists
from tidegate.tables.gone_files import reading_versions
from tidegate.tables.read import current_version, read_newest, table_tokens
from tidegate.tables.runs import recorded_run
from tidegate.tables.store import Store

Write = Callable[[DataFrame], WriteResult]


@dataclass(frozen=True)
class Backfill:
    """The group, the days and the size of the parts of a backfill.

    Attributes:
        step: The step that computes the version of the group.
        period: Days to fill. None fills all.
        days_per_batch: Number of days in one part. Each part is one commit.
        again: Whether to write parts again that were applied before, because sources or code were corrected since.
    """

    step: FeatureStep
    period: Period | None
    days_per_batch: int = 30
    again: bool = False

    def batch(self, part: Period, origin: str) -> Batch:
        """Return the batch of a part. Its id makes sure that the part is applied only once.

        The batch has no arrival time, because its rows became known in the past, near their event time.
        """
        # The id has the moments and not the time zone: they identify the rows, and the name of a zone contains a slash.
        return Batch(None if self.again else f"backfill from {origin} {part.start:%Y-%m-%dT%H:%MZ}..{part.end:%Y-%m-%dT%H:%MZ}")


@dataclass(frozen=True)
class BackfillResult:
    """The result of a backfill.

    Attributes:
        group: Full name of the feature group.
        parts: The period and the write result of each part, in order. The period is None if all was filled at once.
    """

    group: str
    parts: tuple[tuple[Period | None, WriteResult], ...]


def backfill_from_inputs(store: Store, system: str, backfill: Backfill, landing: str) -> BackfillResult:
    """Compute a group from its inputs. If it is killed, the next run does what is left.

    A group that takes the rows of a source is loaded some days at a time, if the source has folders of days. Any other group is
    computed at once.

    Args:
        store: The store.
        system: Name of the system, for the run table.
        backfill: The step and the days.
        landing: Folder of the landing zone.

    Raises:
        NoDaysError: Days are given, but the inputs of the step have no folders of days.
        NoFilesError, MissingDayError, WrongFilesError: A source can't be loaded. Earlier parts have been written.
        DefinitionDiffersError, NewVersionNeededError: The table differs from the definition.
    """
    step, period = backfill.step, backfill.period
    source, group = step.source, step.group.full_name
    if period is not None and (source is None or not source.by_day):
        raise NoDaysError(group, period.first_day)
    batch = f"{group} from inputs" if period is None else f"{group} from sources {period.first_day}..{period.last_day}"
    with recorded_run(store.spark, store.layout.runs, "backfill", system, batch) as run:
        current_suppression(store)
        require_same_definitions(store, [step.group])
        map_groups(store, [step.group])
        record_features(store, [step], datetime.now(UTC))
        if source is None:
            with run_records(store) as records:
                done = run_step(store, step, records, backfill.again)
                records.loads.extend(computed_until(store, [(step, done)]))
            run.details[group] = done.summary
            return BackfillResult(group, () if done.written is None else ((None, done.written),))
        written: list[tuple[Period | None, WriteResult]] = []
        for part in [None] if period is None else period.parts(backfill.days_per_batch):
            request = LoadRequest(landing, days=part, again=backfill.again)
            results = [result for load in load_now(store, source, [step], request) for result in load.written]
            version = current_version(store.spark, store.layout.feature_group(group))
            results = results or [WriteResult(group, version, read=0, already_applied=True)]
            written += [(part, result) for result in results]
            run.details["all files" if part is None else f"{part.first_day}..{part.last_day}"] = results[-1].summary
    return BackfillResult(group, tuple(written))


def backfill_from_older(store: Store, system: str, backfill: Backfill) -> BackfillResult:
    """Fill a group with all observations of its older version, including tombstones and the times when they became known.

    The record of the full states that the older version received is not copied. If a batch from before such a state is written to
    the new version later, it does not get the tombstones that the older version would have added.

    Args:
        store: The store.
        system: Name of the system, for the run table.
        backfill: The step, which names the older version, and the days.

    Raises:
        NoOlderVersionError: The step names no older version.
        MissingGroupError: The older version has no table.
        DefinitionDiffersError, NewVersionNeededError: The table differs from the definition.
    """
    older = backfill.step.older
    if older is None:
        raise NoOlderVersionError(backfill.step.group.full_name)
    path = store.layout.feature_group(older.group.full_name)
    if not table_exists(store.spark, path):
        raise MissingGroupError(older.group.full_name, store.layout.root)
    # This is read before the version of the table, so that the rows of the version reach at least this far.
    known_by = loaded_until(store, [older.group])[older.group.full_name]
    # All parts read the same table version. Rows that the older version gets meanwhile also reach the newer version, through its
    # own step.
    rows = read_newest(store.spark, path).drop(BUCKET)
    period = backfill.period or _all_days(rows)
    if period is None:
        return BackfillResult(backfill.step.group.full_name, ())

    def load(part: Period, write: Write) -> WriteResult:
        with reading_versions(f"backfill of {backfill.step.group.full_name} from {older.group.full_name}"):
            return write(_mapped(rows, older, part))

    def loaded(newest: WriteResult, batch: str) -> list[Load]:
        if known_by is None:
            return []
        if backfill.period is not None:
            return loaded_days({newest.group: newest.table_version}, backfill.period, known_by, batch)
        return [Load(newest.group, "said", known_by, newest.table_version, batch=batch)]

    return _Filling(store, backfill, older.group.full_name, loaded).run(system, period, load)


def _mapped(rows: DataFrame, older: OlderVersion, part: Period) -> DataFrame:
    within = (F.col(EVENT_TIME) >= moment_column(part.start)) & (F.col(EVENT_TIME) < moment_column(part.end))
    what = f"map_rows from the older version {older.group.full_name}"
    return computed_rows(lambda: older.map_rows(rows.where(within)), what)


def _all_days(rows: DataFrame) -> Period | None:
    """Return the UTC days from the first event to the last; None if there are no rows."""
    day = F.to_date(EVENT_TIME)
    found = rows.agg(F.min(day).alias("first"), F.max(day).alias("last")).first()
    first: date | None = found["first"] if found else None
    return None if found is None or first is None else Period(first, found["last"])


@dataclass(frozen=True)
class _Filling:
    """A backfill that is running.

    Attributes:
        store: The store.
        backfill: The group, the days and the size of the parts.
        origin: The full name of the older version.
        loaded: A function that returns how far the group is loaded after the last part, from the result of that part and the
            name of the run.
    """

    store: Store
    backfill: Backfill
    origin: str
    loaded: Callable[[WriteResult, str], list[Load]]

    def run(self, system: str, period: Period, load: Callable[[Period, Write], WriteResult]) -> BackfillResult:
        """Write part after part. Parts that were applied before are skipped without reading their sources."""
        step = self.backfill.step
        batch = f"{step.group.full_name} from {self.origin} {period.first_day}..{period.last_day}"
        parts = list(period.parts(self.backfill.days_per_batch))
        with recorded_run(self.store.spark, self.store.layout.runs, "backfill", system, batch) as run:
            # Each write reads the suppression list again. Reading it here stops a run without the right key before it reads rows.
            current_suppression(self.store)
            map_groups(self.store, [step.group])
            record_features(self.store, [step], datetime.now(UTC))
            written: list[tuple[Period | None, WriteResult]] = []
            for number, part in enumerate(parts, 1):
                name = f"{step.group.full_name} {part.first_day}..{part.last_day}, part {number} of {len(parts)}"
                with timed_step(name) as timed:
                    result = self._applied(part) or load(part, self._writer(part))
                    timed.summary = f"version {result.table_version}: {result.summary}"
                written.append((part, result))
                run.details[f"{part.first_day}..{part.last_day}"] = timed.summary
            record_loaded_until(self.store, self.loaded(written[-1][1], batch))
        return BackfillResult(step.group.full_name, tuple(written))

    def _applied(self, part: Period) -> WriteResult | None:
        """Return the result for a part that was applied before; None for a part that is still to be written."""
        group = self.backfill.step.group
        path = self.store.layout.feature_group(group.full_name)
        if not table_exists(self.store.spark, path):
            return None
        if not self.backfill.batch(part, self.origin).is_applied(table_tokens(self.store.spark, path)):
            return None
        return WriteResult(group.full_name, current_version(self.store.spark, path), read=0, already_applied=True)

    def _writer(self, part: Period) -> Write:
        batch = self.backfill.batch(part, self.origin)

        def write(rows: DataFrame) -> WriteResult:
            return write_and_record(self.store, self.backfill.step.group, rows, batch)

        return write
