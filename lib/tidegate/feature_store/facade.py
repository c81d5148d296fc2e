"""FeatureStore; its methods for one feature group are in `group_methods`, those of `catalog` and `audit` in their files."""

from collections.abc import Mapping
from datetime import datetime
from os import PathLike

from pyspark.sql import DataFrame, SparkSession

from tidegate.clear_errors import with_clear_errors
from tidegate.datasets.explain_view import entity_of_spine, explain_view
from tidegate.datasets.training_dataset import TrainingDataset, training_dataset
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_rows import current_snapshot, with_features
from tidegate.erasure.receipt import Receipt, receipts_frame
from tidegate.errors import UsageError
from tidegate.feature_store.audit import Audit
from tidegate.feature_store.catalog import Catalog
from tidegate.feature_store.group_methods import GroupMethods
from tidegate.feature_store.models import Models
from tidegate.feature_store.releases import Releases
from tidegate.maintenance.root_format import require_format
from tidegate.moments import require_moment
from tidegate.names import require_free_names
from tidegate.pipelines.erasure import ErasureRequest, run_erasure
from tidegate.point_in_time.planner import Strategy
from tidegate.predictions.current import all_predictions, current_predictions
from tidegate.spark_classic import require_classic
from tidegate.subjects.table_map import MappedTable, mapped_tables
from tidegate.tables.layout import Layout
from tidegate.tables.store import Store


@with_clear_errors
class FeatureStore(GroupMethods):
    """All feature groups, training datasets, prediction tables and records under one root.

    If a method fails, it raises an error of tidegate with one clear message. A DataFrame that a method returns is computed later,
    when you use it; an error at that time is Spark's own.

    Attributes:
        handle: The session and the paths of the store, for functions inside the library. Your code needs it for nothing.
        catalog: Methods to find features, read their statistics, and evolve tables.
        models: Methods to train models, and to predict with what is released.
        audit: Methods to read the runs of jobs and the manifests, and to compare the content of tables.
        releases: Methods to promote model versions, to roll back, and to ask what a system used when.

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
        self.models = Models(self._opened)
        self.releases = Releases(self._opened)

    @property
    def layout(self) -> Layout:
        """The paths of the tables under the root."""
        return self.handle.layout

    def tables(self) -> list[MappedTable]:
        """Return every table that users or jobs wrote, with its kind and with the columns that name people."""
        return mapped_tables(self._opened())

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
        snapshot = current_snapshot(self._opened(), view.explained_groups, view.aggregated_groups)
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

    def predictions(self, name: str, history: bool = False, as_of: datetime | None = None) -> DataFrame:
        """Return the current view of a prediction table: the newest served row of each entity and prediction time.

        Predictions whose row of the spine got a tombstone are left out.

        Args:
            name: Name of the prediction table, which is the name of the model.
            history: Return all rows instead: every release, arm and revision, served or not.
            as_of: Return the view as it was at this moment, with a zone; None: as it is now.

        Raises:
            MissingPredictionsError: The store has no prediction table of this name.
            UnknownPredictionKeyError: The table does not record its entity key.
            UsageError: `history` and `as_of` are both given.
        """
        require_moment(as_of, "as_of of predictions")
        if history and as_of is not None:
            raise UsageError("predictions: history=True returns all rows, so as_of has no meaning. Give one of them.")
        return all_predictions(self._opened(), name) if history else current_predictions(self._opened(), name, as_of)

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
