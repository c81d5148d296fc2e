"""The store as a person meets it in a notebook: a few verbs over the functions that pipelines use."""

from collections.abc import Mapping
from datetime import datetime
from os import PathLike

from pyspark.sql import DataFrame, SparkSession

from tidegate.datasets.explain_view import entity_of_spine, explain_view
from tidegate.datasets.manifest import manifests_frame
from tidegate.datasets.training_dataset import TrainingDataset, training_dataset
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_rows import current_snapshot, with_features
from tidegate.edge import with_clear_errors
from tidegate.erasure.receipt import Receipt, receipts_frame
from tidegate.errors import MissingGroupError, MissingPredictionsError, MissingVersionError
from tidegate.feature_groups.catalog.features_table import find_features
from tidegate.feature_groups.catalog.statistics_table import statistics_frame
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.evolution.difference import Evolution
from tidegate.feature_groups.evolution.evolve import evolve_group
from tidegate.feature_groups.read import collapsed, content_hash, current_rows, rows_as_known
from tidegate.feature_groups.storage import map_groups
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.delete import DeleteResult, Deletion, RowChoice, delete_rows_of
from tidegate.feature_groups.writing.recorded_write import write_and_record
from tidegate.feature_groups.writing.requeue import RequeueResult, requeue_group
from tidegate.feature_groups.writing.result import WriteResult
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
from tidegate.subjects.table_map import MappedTable, mapped_tables
from tidegate.tables.create import table_exists
from tidegate.tables.find import find_tables
from tidegate.tables.layout import Layout
from tidegate.tables.read import current_version, read_or_empty, read_table, table_history
from tidegate.tables.runs import SCHEMA as RUNS
from tidegate.tables.store import Store


@with_clear_errors
class FeatureStore:
    """Everything under one root.

    What goes wrong inside a method is an error of tidegate with one clear message. A DataFrame that a method returns is computed
    later, when it is used: what fails then, outside of the store, is Spark's own error.

    Attributes:
        handle: The same store as the library's functions take it.

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

    @property
    def layout(self) -> Layout:
        """The paths of the tables under the root."""
        return self.handle.layout

    def tables(self) -> list[MappedTable]:
        """Return every table of the store with its kind and its subject columns."""
        return mapped_tables(self._opened())

    def read(self, group: FeatureGroup, version: int | None = None) -> DataFrame:
        """Return the rows that a feature group holds, at the newest or an integer table version."""
        return current_rows(self._stored(group, version), group)

    def as_known(self, group: FeatureGroup, moment: datetime) -> DataFrame:
        """Return the rows that a group with history="all" held as it was known at a moment."""
        require_moment(moment, "the moment that a feature group is read as known at")
        return rows_as_known(self._stored(group), group, moment)

    def content_hash(self, group: FeatureGroup, version: int | None = None) -> str | None:
        """Return a hash of what a group's table says, whatever the order it came in; None for an empty one."""
        if version is None:
            version = current_version(self.handle.spark, self._path(group))
        rows = collapsed(self._stored(group, version), group)
        found = rows.agg(content_hash(rows).alias("hash")).first()
        return None if found is None else found["hash"]

    def history(self, group: FeatureGroup) -> DataFrame:
        """Return a feature group's table versions, newest first."""
        return table_history(self.handle.spark, self._path(group))

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

    def evolve(self, group: FeatureGroup) -> Evolution:
        """Give a group's table the columns and wider types that its definition added; stored rows have NULL in new columns."""
        return evolve_group(self._opened(), group)

    def find_features(self, text: str = "", history: bool = False) -> DataFrame:
        """Return the catalog's features that hold every word of the text, by name, meaning, group, unit, origin or owner.

        With `history` every change that was recorded of them: when, which code computed them, what they meant.
        """
        return find_features(self._opened(), text, history)

    def statistics(self, group: FeatureGroup | None = None) -> DataFrame:
        """Return the recorded statistics of every feature in every commit, or of one group's; personal columns have none."""
        return statistics_frame(self._opened(), group)

    def features(
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

    def manifests(self) -> DataFrame:
        """Return the manifests of all training datasets."""
        return manifests_frame(self._opened())

    def predictions(self, name: str) -> DataFrame:
        """Return a prediction table; raise MissingPredictionsError where there is none of this name."""
        path = self._opened().layout.predictions(name)
        if not table_exists(self.handle.spark, path):
            raise MissingPredictionsError(name, self.layout.root, find_tables(self.handle.spark, self.layout.predictions("")))
        return read_table(self.handle.spark, path)

    def runs(self) -> DataFrame:
        """Return what every job did, two rows a job; no row where none ran yet."""
        return read_or_empty(self.handle.spark, self._opened().layout.runs, RUNS)

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

    def _stored(self, group: FeatureGroup, version: int | None = None) -> DataFrame:
        path = self._path(group)
        if version is not None:
            newest = current_version(self.handle.spark, path)
            if not 0 <= version <= newest:
                raise MissingVersionError(f"feature group {group.full_name}", version, newest)
        return read_table(self.handle.spark, path, version)

    def _path(self, group: FeatureGroup) -> str:
        """Return where a group's table is; raise MissingGroupError where nobody wrote it yet."""
        path = self._opened().layout.feature_group(group.full_name)
        if not table_exists(self.handle.spark, path):
            raise MissingGroupError(
                group.full_name, self.layout.root, find_tables(self.handle.spark, self.layout.feature_group(""))
            )
        return path

    def _opened(self) -> Store:
        """Return the handle of a root whose format was checked."""
        if not self._is_checked:
            require_format(self.handle)
            self._is_checked = True
        return self.handle
