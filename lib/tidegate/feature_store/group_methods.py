"""The methods of a FeatureStore that read and change the rows of one feature group."""

from abc import ABC, abstractmethod
from datetime import datetime

from pyspark.sql import DataFrame

from tidegate.errors import UsageError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.read import current_rows, existing_table, rows_as_known, rows_at
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.feature_groups.storage import map_groups
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.delete import DeleteResult, Deletion, RowChoice, delete_rows_of
from tidegate.feature_groups.writing.record_load import write_and_record_load
from tidegate.feature_groups.writing.requeue import RequeueResult, requeue_group
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.moments import require_moment
from tidegate.pipelines.feature_pipeline import FeaturePipelineResult, all_steps, run_feature_pipeline
from tidegate.pipelines.load_request import LoadRequest
from tidegate.pipelines.requeue import requeue_source
from tidegate.pipelines.source_rows import quarantine_of
from tidegate.quarantine.table import Quarantine
from tidegate.sources import Source
from tidegate.tables.read import table_history
from tidegate.tables.store import Store


class GroupMethods(ABC):
    """The methods of a FeatureStore for one feature group, and for the sources that are loaded into it."""

    def read(self, group: FeatureGroup, version: int | None = None) -> DataFrame:
        """Return the current rows of a feature group: the newest observation of each key and event_time, without deleted rows.

        Args:
            group: The feature group.
            version: Read this version of its Delta table, an integer; None reads the newest one.

        Raises:
            MissingGroupError: The feature group has no table.
            MissingVersionError: The table does not have this version.
        """
        return current_rows(rows_at(self._opened(), group, version), group)

    def as_known(self, group: FeatureGroup, moment: datetime) -> DataFrame:
        """Return the rows of a feature group as they were known at a moment.

        Args:
            group: A feature group with history="all".
            moment: A moment with a zone; only observations with available_at up to it are used.

        Raises:
            HistoryError: The group has history="latest", so that earlier observations are not stored.
            NaiveMomentError: The moment has no zone.
        """
        require_moment(moment, "the moment that a feature group is read as known at")
        return rows_as_known(rows_at(self._opened(), group), group, moment)

    def history(self, group: FeatureGroup) -> DataFrame:
        """Return the newest 20 versions of a feature group's table, newest first, with the operation of each commit."""
        store = self._opened()
        return table_history(store.spark, existing_table(store, group))

    def write(
        self, group: FeatureGroup, rows: DataFrame, batch: Batch = Batch(), loaded_until: datetime | None = None
    ) -> WriteResult:
        """Write a batch of rows into a feature group; writing the same batch again changes nothing.

        Args:
            group: The feature group.
            rows: Rows with the declared columns and `event_time`; `available_at` may be missing.
            batch: Id, arrival time and kind of the batch (changes, or a full state).
            loaded_until: With this batch, all that was known up to this moment has been loaded. None: up to the newest
                `available_at` of the rows, but not past the arrival of the batch; this counts only in a group that is not loaded
                by days or from a live source. `catalog.loaded_until` returns how far a group is loaded.

        Returns:
            How many rows were inserted, updated, quarantined and so on, and whether a batch of this id was already written.

        Raises:
            SchemaMismatchError: The columns or types differ from the declared ones.
            DefinitionDiffersError, NewVersionNeededError: The table does not fit the definition.
            ExpectationFailedError: The batch breaks an expectation with the action `fail`.
            HeldBackError: More rows would be quarantined than the definition allows.
            DuplicateRowsError, ContradictingRowsError, SettledRowsError: Rows contradict each other or stored rows.
            ImmutableRowsError: The group is immutable, and a row would change an event of it.
            NaiveMomentError: `loaded_until` has no time zone.
            TableBusyError, ConflictError, InterruptedWriteError: Other jobs changed the table at the same time.
        """
        require_moment(loaded_until, "loaded_until of a write")
        store = self._opened()
        map_groups(store, [group])
        return write_and_record_load(store, group, rows, batch, loaded_until)

    def run(self, *steps: FeatureStep, request: LoadRequest = LoadRequest()) -> FeaturePipelineResult:
        """Bring the feature groups of steps up to date: load the new files of their sources, and compute what depends on them.

        A run without news changes nothing.

        Args:
            steps: The steps, in any order.
            request: The landing zone, when the files arrived, which days to load, and whether to read and check the files only.

        Returns:
            For each source the loaded files, and how many of their rows were written, quarantined and so on; for each step over
            stored rows what was computed.

        Raises:
            NoFilesError, MissingFilesError, ChangedFilesError, FolderChangedError: Files are missing, or loaded files changed.
            WrongFilesError, UnreadableFilesError: A file does not match the declaration of its source, or can't be read.
            ExpectationFailedError, HeldBackError: Rows break an expectation, or too many of them would be quarantined.
            SeveralRowsError: A step combines several rows of a source whose rows are not stored.
        """
        return run_feature_pipeline(self._opened(), "notebook", steps, request)

    def quarantined(self, what: FeatureGroup | Source) -> DataFrame:
        """Return the quarantined rows of a feature group or a source, with the reasons."""
        store = self._opened()
        if isinstance(what, Source):
            return quarantine_of(store, what).rows()
        return Quarantine(store, what.full_name, bool(what.subjects)).rows()

    def requeue(
        self,
        what: FeatureGroup | Source,
        *steps: FeatureStep,
        known_from: datetime | None = None,
        dry_run: bool = False,
    ) -> RequeueResult:
        """Write the quarantined rows that fit the current definition into their feature groups, and out of the quarantine.

        Args:
            what: The feature group, or the source.
            steps: For a source: the steps that read it. Rows go to those whose only input is the source; the others see them in
                the next run.
            known_from: No released row counts as known before this moment; None: each row is known from when its batch says.
            dry_run: Count the rows, and change nothing.

        Raises:
            UsageError: No step takes the rows of the source.
            SeveralRowsError: A step combines several rows of the source, so that rows can't be released one by one.
        """
        require_moment(known_from, "known_from of a requeue")
        store = self._opened()
        if isinstance(what, FeatureGroup):
            return requeue_group(store, what, known_from, dry_run)
        taking = [step for step in all_steps(steps) if step.source == what]
        if not taking:
            raise UsageError(f"requeue of source {what.name!r}: none of the given steps reads it. Give the steps of the system.")
        return requeue_source(store, what, taking, known_from, dry_run)

    def delete(
        self,
        group: FeatureGroup,
        which: RowChoice,
        known_at: datetime | None = None,
        purge: bool = False,
        dry_run: bool = False,
    ) -> DeleteResult:
        """Delete rows of a feature group.

        Args:
            group: The feature group.
            which: The rows to delete: by keys, by event_time, or both.
            known_at: The moment from which the rows no longer hold. With `history="all"`, `as_known` still returns them for
                earlier moments. Required unless `purge` is true.
            purge: Delete all observations of the rows instead. Older table versions contain them until `maintain` runs.
            dry_run: Count the rows, and change nothing.

        Returns:
            How many rows were deleted, or would be.
        """
        require_moment(known_at, "known_at of a deletion")
        store = self._opened()
        deletion = Deletion.chosen(known_at, purge, dry_run)
        return delete_rows_of(store, group, which, deletion)

    @abstractmethod
    def _opened(self) -> Store:
        """Return the store after the format of its root was checked."""
