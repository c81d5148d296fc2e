"""The store as a person meets it in a notebook: a few verbs over the functions that pipelines use."""

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
from tidegate.feature_groups.writing.requeue import RequeueResult, requeue_group
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.write import write_and_record
from tidegate.maintenance.root_format import require_format
from tidegate.moments import require_moment
from tidegate.names import require_free_names
from tidegate.pipelines.erasure import ErasureRequest, run_erasure
from tidegate.pipelines.loading import Loading, LoadResult, load_source, quarantine_of
from tidegate.pipelines.requeue import requeue_source
from tidegate.point_in_time.planner import Strategy
from tidegate.quarantine.table import Quarantine
from tidegate.sources import Source
from tidegate.spark_classic import require_classic
from tidegate.store_verbs import Audit, Catalog
from tidegate.subjects.table_map import MappedTable, mapped_tables
from tidegate.tables.create import table_exists
from tidegate.tables.find import find_tables
from tidegate.tables.layout import Layout
from tidegate.tables.read import read_table, table_history
from tidegate.tables.store import Store


@with_clear_errors
class FeatureStore:
    """Everything under one root.

    What goes wrong inside a method is an error of tidegate with one clear message. A DataFrame that a method returns is computed
    later, when it is used: what fails then, outside of the store, is Spark's own error.

    Attributes:
        handle: The same store as the library's functions take it.
        catalog: Verbs on what features mean, how their values are distributed, and how tables follow definitions.
        audit: Verbs on what jobs did, on manifests, and on whether two tables say the same.

    Args:
        spark: A session made by `build_session`.
        root: Where the store lies: a folder, or any URI that Spark can read.

    Raises:
        SparkConnectError: The session is one of Spark Connect.
        RootFormatError: By every verb: the root is in another format than this program reads and writes.
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
        """Return every table of the store with its kind and its subject columns."""
        return mapped_tables(self._opened())

    def read(self, group: FeatureGroup, version: int | None = None) -> DataFrame:
        """Return the rows that a feature group holds, at the newest or an integer table version."""
        return current_rows(rows_at(self._opened(), group, version), group)

    def as_known(self, group: FeatureGroup, moment: datetime) -> DataFrame:
        """Return the rows that a group with history="all" held as it was known at a moment."""
        require_moment(moment, "the moment that a feature group is read as known at")
        return rows_as_known(rows_at(self._opened(), group), group, moment)

    def history(self, group: FeatureGroup) -> DataFrame:
        """Return a feature group's table versions, newest first."""
        return table_history(self.handle.spark, existing_table(self._opened(), group))

    def write(self, group: FeatureGroup, rows: DataFrame, batch: Batch = Batch()) -> WriteResult:
        """Write a batch into a feature group by the write contract; the same batch again changes nothing."""
        store = self._opened()
        map_groups(store, [group])
        return write_and_record(store, group, rows, batch)

    def load(self, loading: Loading, arrived_at: datetime | None = None, dry_run: bool = False) -> LoadResult:
        """Load a source's files that were not loaded yet into its feature group; see `tidegate.pipelines.loading`."""
        require_moment(arrived_at, "arrived_at of a load")
        return load_source(self._opened(), loading, arrived_at, dry_run)

    def quarantined(self, what: FeatureGroup | Source) -> DataFrame:
        """Return the rows that were held back from a feature group or a source, with the reasons."""
        store = self._opened()
        if isinstance(what, Source):
            return quarantine_of(store, what).rows()
        return Quarantine(store, what.full_name, bool(what.subjects)).rows()

    def requeue(self, what: FeatureGroup | Loading, known_from: datetime | None = None, dry_run: bool = False) -> RequeueResult:
        """Let in the held rows of a feature group or a source that are as its definition says now.

        Args:
            what: The feature group, or what is loaded from a source.
            known_from: When they become known, where nobody could read them before; None: as their batch said.
            dry_run: Count them, and change nothing.
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
            which: The rows: by keys, by event_time, or both.
            known_at: From when on they no longer hold; what was known before stays to be read. Needed without `purge`.
            purge: Remove every observation of them for good instead; older versions hold them until maintenance.
            dry_run: Count them, and change nothing.
        """
        require_moment(known_at, "known_at of a deletion")
        store = self._opened()
        deletion = Deletion.chosen(known_at, purge, dry_run)
        return delete_rows_of(store, group, which, deletion)

    def attach_features(
        self, view: FeatureView, rows: DataFrame, provenance: bool = False, strategy: Strategy | None = None
    ) -> DataFrame:
        """Attach a view's features, as known at each row's `event_time`, to rows with the view's entity columns.

        Args:
            view: The feature view.
            rows: Entity columns, `event_time`, and any other columns whose names don't begin with an underscore.
            provenance: Add which row of each group was chosen: its event_time and available_at.
            strategy: How the groups are joined; None: the planner chooses. It changes the speed, never a value.
        """
        require_free_names(rows.columns, f"rows for feature view {view.full_name}")
        snapshot = current_snapshot(self._opened(), view.groups)
        return with_features(snapshot, view, rows, provenance=provenance, strategy=strategy)

    def explain(self, view: FeatureView, entity: Mapping[str, object], moment: datetime | None = None) -> DataFrame:
        """Return which row of each group an entity gets at a moment, and why not the others; see `explain_view`.

        Args:
            view: The feature view.
            entity: Values of entity columns: all of them, or those that name one row of the view's spine.
            moment: The label or prediction time; None: that of the spine's row.
        """
        require_moment(moment, "the moment that features are explained at")
        snapshot = current_snapshot(self._opened(), (view.spine, *view.groups))
        return explain_view(snapshot, view, entity_of_spine(snapshot, view, entity, moment))

    def training_dataset(
        self, view: FeatureView, start: datetime, end: datetime, known_by: datetime | None = None
    ) -> TrainingDataset:
        """Build, or find, the training dataset of the labels with start <= label time < end, known by `known_by`."""
        for role, moment in (("start", start), ("end", end), ("known_by", known_by)):
            require_moment(moment, f"{role} of a training dataset")
        return training_dataset(self._opened(), view, start, end, known_by or end)

    def predictions(self, name: str) -> DataFrame:
        """Return a prediction table; raise MissingPredictionsError where there is none of this name."""
        path = self._opened().layout.predictions(name)
        if not table_exists(self.handle.spark, path):
            raise MissingPredictionsError(name, self.layout.root, find_tables(self.handle.spark, self.layout.predictions("")))
        return read_table(self.handle.spark, path)

    def forget(self, subjects: DataFrame, reference: str) -> Receipt:
        """Forget people in every table; see `tidegate.pipelines.erasure`.

        Args:
            subjects: Identifiers as the column `subject`, of any type that can name a person.
            reference: Who asked: a case number, never a name.
        """
        return run_erasure(self._opened(), ErasureRequest(subjects, reference))

    def receipts(self) -> DataFrame:
        """Return the receipts of all erasures."""
        return receipts_frame(self._opened())

    def _opened(self) -> Store:
        """Return the handle of a root whose format was checked."""
        if not self._is_checked:
            require_format(self.handle)
            self._is_checked = True
        return self.handle
