"""FeatureStore, the class for notebooks and programs; it calls the same functions as the pipelines."""

from collections.abc import Mapping
from datetime import datetime
from os import PathLike

from pyspark.sql import DataFrame, SparkSession

from tidegate.datasets.explain_view import entity_of_spine, explain_view
from tidegate.datasets.training_dataset import TrainingDataset, training_dataset
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_rows import current_snapshot, with_features
from tidegate.edge import with_clear_errors
from tidegate.erasure.receipt import Receipt, receipts_frame
from tidegate.errors import MissingPredictionsError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.read import current_rows, existing_table, rows_as_known, rows_at
from tidegate.feature_groups.storage import map_groups
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.delete import DeleteResult, Deletion, RowChoice, delete_rows_of
from tidegate.feature_groups.writing.record_load import write_and_record_load
from tidegate.feature_groups.writing.requeue import RequeueResult, requeue_group
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_store_groups import Audit, Catalog
from tidegate.maintenance.root_format import require_format
from tidegate.moments import require_moment
from tidegate.names import require_free_names
from tidegate.pipelines.erasure import ErasureRequest, run_erasure
from tidegate.pipelines.load_result import LoadResult
from tidegate.pipelines.loading import Loading, load_source, quarantine_of
from tidegate.pipelines.requeue import requeue_source
from tidegate.point_in_time.planner import Strategy
from tidegate.quarantine.table import Quarantine
from tidegate.sources import Source
from tidegate.spark_classic import require_classic
from tidegate.subjects.table_map import MappedTable, mapped_tables
from tidegate.tables.create import table_exists
from tidegate.tables.find import find_tables
from tidegate.tables.layout import Layout
from tidegate.tables.read import read_table, table_history
from tidegate.tables.store import Store


@with_clear_errors
class FeatureStore:
    """All feature groups, training datasets, prediction tables and records under one root.

    If a method fails, it raises an error of tidegate with one clear message. A DataFrame that a method returns is computed later,
    when you use it; an error at that time is Spark's own.

    Attributes:
        handle: The session and the paths of the store, for functions inside the library. Your code needs it for nothing.
        catalog: Methods to find features, read their statistics, and evolve tables.
        audit: Methods to read the runs of jobs and the manifests, and to compare the content of tables.

    Args:
        spark: A Spark Classic session, made by `build_session`.
        root: The folder of the store: a path, or any URI that Spark can read.

    Raises:
        SparkConnectError: The session is a Spark Connect session.
        RootFormatError: The root has another format than this version of tidegate reads and writes; every method raises it.
    """

    def __init__(self, spark: SparkSession, root: str | PathLike[str]) -> None:
        require_classic(spark)
        self.handle = Store.open(spark, root)
        self._is_checked = False
        self.catalog = Catalog(self._opened)
        self.audit = Audit(self._opened)

    @property
    def layout(self) -> Layout:
        """The paths of the tables under the root."""
        return self.handle.layout

    def tables(self) -> list[MappedTable]:
        """Return every table that users or jobs wrote, with its kind and with the columns that name people."""
        return mapped_tables(self._opened())

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
        return table_history(self.handle.spark, existing_table(self._opened(), group))

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

    def load(
        self,
        loading: Loading,
        arrived_at: datetime | None = None,
        dry_run: bool = False,
        loaded_until: datetime | None = None,
    ) -> LoadResult:
        """Load the files of a source that were not loaded yet into its feature group. Loading them again changes nothing.

        Args:
            loading: The source, its folder, the feature group and the transformation.
            arrived_at: When the files arrived. It sets from when a row without an available_at of its own counts as known, as
                `Batch.arrived_at` does. Rows of a full state count as known from the moment of the state.
            dry_run: Read and check the files, and write nothing.
            loaded_until: All that was known up to this moment is in the folder; recorded for the group also if there is no new
                file. None: `arrived_at`; without it, the newest `available_at` of the rows.

        Returns:
            The loaded files, and how many of their rows were written, quarantined and so on.

        Raises:
            NoFilesError, MissingFilesError, ChangedFilesError, FolderChangedError: Files are missing, or loaded files changed.
            WrongFilesError, UnreadableFilesError: A file does not match the declaration of the source, or can't be read.
            ExpectationFailedError, HeldBackError: The rows break an expectation, or too many of them would be quarantined.
        """
        for role, moment in (("arrived_at", arrived_at), ("loaded_until", loaded_until)):
            require_moment(moment, f"{role} of a load")
        return load_source(self._opened(), loading, arrived_at, dry_run, loaded_until)

    def quarantined(self, what: FeatureGroup | Source) -> DataFrame:
        """Return the quarantined rows of a feature group or a source, with the reasons."""
        store = self._opened()
        if isinstance(what, Source):
            return quarantine_of(store, what).rows()
        return Quarantine(store, what.full_name, bool(what.subjects)).rows()

    def requeue(self, what: FeatureGroup | Loading, known_from: datetime | None = None, dry_run: bool = False) -> RequeueResult:
        """Write the quarantined rows that fit the current definition into the feature group, and remove them from the quarantine.

        Args:
            what: The feature group, or the loading of a source.
            known_from: No released row counts as known before this moment; None: each row is known from when its batch says.
            dry_run: Count the rows, and change nothing.

        Raises:
            SeveralRowsError: The transformation of the source combines several rows, so that rows can't be released one by one.
        """
        require_moment(known_from, "known_from of a requeue")
        store = self._opened()
        if isinstance(what, Loading):
            return requeue_source(store, what, known_from, dry_run)
        return requeue_group(store, what, known_from, dry_run)

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

    def attach_features(
        self, view: FeatureView, rows: DataFrame, provenance: bool = False, strategy: Strategy | None = None
    ) -> DataFrame:
        """Add the features of a view to rows, as they were known at the `event_time` of each row.

        Args:
            view: The feature view.
            rows: Rows with the entity columns of the view, `event_time`, and any other columns. Names of columns must not begin
                with an underscore.
            provenance: Also add the event_time and the available_at of the chosen row of each group.
            strategy: How the groups are joined; None: the planner chooses. It changes the speed, never a value.

        Returns:
            One row for each given row.
        """
        require_free_names(rows.columns, f"rows for feature view {view.full_name}")
        snapshot = current_snapshot(self._opened(), view.groups, view.aggregated_groups)
        return with_features(snapshot, view, rows, provenance=provenance, strategy=strategy)

    def explain(self, view: FeatureView, entity: Mapping[str, object], moment: datetime | None = None) -> DataFrame:
        """Return the rows of each group that an entity could get at a moment: the one that it gets, and why not the others.

        Args:
            view: The feature view.
            entity: Values of entity columns by name: of all of them, or of enough to select one row of the view's spine.
            moment: The label or prediction time, with a zone; None: the time of the spine's row.

        Raises:
            UnknownEntityError, AmbiguousEntityError: No row or several rows of the spine have these values.
        """
        require_moment(moment, "the moment that features are explained at")
        snapshot = current_snapshot(self._opened(), (view.spine, *view.groups), view.aggregated_groups)
        return explain_view(snapshot, view, entity_of_spine(snapshot, view, entity, moment))

    def training_dataset(
        self, view: FeatureView, start: datetime, end: datetime, known_by: datetime | None = None
    ) -> TrainingDataset:
        """Return the training dataset of the labels with start <= label time < end.

        It is built only if the store has none of the same view, period, `known_by` and table versions of the groups.

        Args:
            view: The feature view.
            start: First label time, with a zone.
            end: The moment after the last label time, with a zone.
            known_by: Only labels with an available_at up to this moment are used; None: `end`.

        Raises:
            NoLabelsError: No label of the period is known.
            AbsentGroupsError: Too many rows found no row in a feature group.
        """
        for role, moment in (("start", start), ("end", end), ("known_by", known_by)):
            require_moment(moment, f"{role} of a training dataset")
        return training_dataset(self._opened(), view, start, end, known_by or end)

    def predictions(self, name: str) -> DataFrame:
        """Return the rows of a prediction table.

        Raises:
            MissingPredictionsError: The store has no prediction table of this name.
        """
        path = self._opened().layout.predictions(name)
        if not table_exists(self.handle.spark, path):
            raise MissingPredictionsError(name, self.layout.root, find_tables(self.handle.spark, self.layout.predictions("")))
        return read_table(self.handle.spark, path)

    def forget(self, subjects: DataFrame, reference: str) -> Receipt:
        """Delete people's rows from every table, and remove the older table versions that contain them.

        From then on, every write leaves rows of these people out and counts them as suppressed.

        Args:
            subjects: Frame with a column `subject` that has one identifier in each row, of any type that a subject column can
                have.
            reference: Who asked for it: a case number, never a name.

        Returns:
            The receipt: what was searched and removed, and how many rows are left.
        """
        return run_erasure(self._opened(), ErasureRequest(subjects, reference))

    def receipts(self) -> DataFrame:
        """Return the receipts of all erasures."""
        return receipts_frame(self._opened())

    def _opened(self) -> Store:
        """Return the handle; the first call checks the format of the root."""
        if not self._is_checked:
            require_format(self.handle)
            self._is_checked = True
        return self.handle
