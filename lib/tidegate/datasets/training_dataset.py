"""Build a training dataset: the labels of a period with the features known at the label times. It is stored with a manifest."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from tidegate.code_version import code_version
from tidegate.datasets.absent_groups import (
    absent_counts,
    choice_names,
    require_groups,
    with_marked_features,
    without_marks,
)
from tidegate.datasets.aggregates import Aggregates
from tidegate.datasets.future_labels import FutureLabels
from tidegate.datasets.label_rows import label_rows
from tidegate.datasets.manifest import DatasetInputs, Manifest, find_manifest, write_manifest
from tidegate.datasets.prepare_view import snapshot_for_use
from tidegate.datasets.stored_view import view_as_json
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_definition import choice_parts, declared_rows
from tidegate.datasets.view_rows import Snapshot
from tidegate.errors import NoLabelsError, RowCountError, TidegateError, UsageError
from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME
from tidegate.feature_groups.read import content_hash
from tidegate.moments import earlier_by, require_moment, utc_text
from tidegate.point_in_time.aggregates.future import KNOWN_AT
from tidegate.point_in_time.aggregates.sums_told import sums_told
from tidegate.point_in_time.ties import ties_told
from tidegate.subjects.derived_people import derived_subjects
from tidegate.subjects.suppression import SUPPRESSED
from tidegate.subjects.suppression_check import SuppressionCheck, suppression_check
from tidegate.subjects.table_map import TRAINING_DATASET, MappedTable, map_tables
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.create import TableShape, create_table, remove_table, table_properties
from tidegate.tables.gone_files import reading_versions
from tidegate.tables.read import current_version, read_newest, read_table, rows_of_last_write
from tidegate.tables.store import Store
from tidegate.tables.write import replace_rows

# The content hash of a dataset without rows. That happens if all its people were erased.
_NO_ROWS = "0"


@dataclass(frozen=True)
class TrainingDataset:
    """A stored training dataset.

    Attributes:
        frame: One row for each label row, with the entity columns, `event_time` (the label time), the targets and the features.
            With labels from the future, it also has `available_at`, the moment at which the label became known.
        manifest: The record of its inputs and its content.
        reused: Whether it was already built from the same inputs before.
        suppressed: The number of label rows of erased people that were left out when it was built; 0 if it was reused.
    """

    frame: DataFrame
    manifest: Manifest
    reused: bool
    suppressed: int = 0

    def to_arrow(self) -> pa.Table:
        """Return the rows as an Arrow table. All rows come into the memory of the driver, so select columns of `frame` first.

        The types are those of Spark: times have the time zone of the session, which is UTC.
        """
        return self.frame.toArrow()

    def to_pandas(self) -> pd.DataFrame:
        """Return the rows as a pandas frame. All rows come into the memory of the driver, so select columns of `frame` first.

        The types are those of Spark: times are UTC, without a zone; whole numbers with NULL become floating-point numbers.
        """
        return self.frame.toPandas()


def training_dataset(store: Store, view: FeatureView, start: datetime, end: datetime, known_by: datetime) -> TrainingDataset:
    """Build a training dataset, or return the stored one if it was already built from the same inputs.

    Args:
        store: The store.
        view: The feature view.
        start: The first label time.
        end: The end of the label times; it is not included.
        known_by: Labels that became known after this moment are left out.

    Raises:
        NaiveMomentError: A moment has no time zone.
        UsageError: `end` is not later than `start`.
        MissingGroupError: A group of the view was never written.
        NoLabelsError: No label row lies in the period.
        ChangedDefinitionError: The definition of the view changed, but its version did not.
        TiedRowsError: Two rows of a group became known at the same moment, and no sequence orders them. Nothing is recorded.
        LargeSumError: A sum of whole numbers or decimals does not fit into its type. Nothing is recorded.
        RowCountError: The join did not return one row for each label row. Nothing is recorded.
        AbsentGroupsError: More rows than the view allows found no row of a group. Nothing is recorded.
    """
    for role, moment in (("start", start), ("end", end), ("known_by", known_by)):
        require_moment(moment, f"{role} of a training dataset")
    if end <= start:
        raise UsageError(f"a training dataset: end is {utc_text(end)}, not after start, {utc_text(start)}. Give a later end.")
    snapshot = snapshot_for_use(store, view, view.label_groups)
    loaded = {name: _loaded(view, name, until, end) for name, until in snapshot.loaded_until.items()}
    inputs = DatasetInputs(view.name, view.version, view_digest(view), dict(snapshot.versions), start, end, known_by, loaded)
    path = store.layout.training_dataset(view.full_name, inputs.dataset_id)
    found = find_manifest(store, inputs)
    if found is not None:
        if found.absent is not None:
            # The dataset may have been built by a run that allowed absent groups.
            require_groups(snapshot, view, found.rows, found.absent)
        return TrainingDataset(read_table(store.spark, path), found, reused=True)
    with ties_told(), sums_told(), reading_versions(f"training dataset of {view.full_name}"):
        manifest, suppressed = _build(snapshot, view, inputs, path)
    write_manifest(store, manifest)
    return TrainingDataset(read_table(store.spark, path), manifest, reused=False, suppressed=suppressed)


def view_digest(view: FeatureView) -> str:
    """Return a hash of a view's definition, so that a changed definition gives another dataset."""
    choices = [
        repr(choice_parts(choice))
        if isinstance(choice, Aggregates)
        else (choice.group.full_name, choice.features, choice.output_names, choice.lookback, choice.boundary)
        for choice in view.choices
    ]
    rows = declared_rows(view)
    parts = (view.full_name, view.label_groups[0].full_name, view.targets, choices, *([repr(rows)] if rows else []))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _loaded(view: FeatureView, group: str, until: datetime | None, end: datetime) -> datetime | None:
    """Return how far a group is loaded, as far as it matters. So later loads don't change the id of a dataset."""
    labels = view.labels
    # With an anchor, the last target time is not known here.
    if until is None or (isinstance(labels, FutureLabels) and labels.group.full_name == group and labels.anchor != EVENT_TIME):
        return until
    if isinstance(labels, FutureLabels) and labels.group.full_name == group:
        return min(until, earlier_by(end, -labels.matures_after))
    return min(until, end)


def _build(snapshot: Snapshot, view: FeatureView, inputs: DatasetInputs, path: str) -> tuple[Manifest, int]:
    """Join the rows and store them. Rows that a killed run left there are replaced.

    Returns:
        The manifest, and the number of rows of erased people that were left out.
    """
    store = snapshot.store
    found = label_rows(snapshot, view, inputs)
    labels, young = found.frame, None if found.young is None else found.young.count()
    if labels.isEmpty():
        raise NoLabelsError(view.labels.full_name, inputs.label_start, inputs.label_end, young or 0)
    columns = (*view.entity_columns, *view.targets, *view.feature_names)
    further = derived_subjects(store, (view.name, view.version), columns)
    subjects = tuple(dict.fromkeys((*view.subjects, *further)))
    personal = tuple(dict.fromkeys((*subjects, *view.personal_columns)))
    map_tables(store, [MappedTable(store.layout.relative(path), TRAINING_DATASET, subjects)])
    labels_seen = Observation()
    labels = labels.observe(labels_seen, F.count(F.lit(1)).alias("rows"))
    marked = with_marked_features(snapshot, view, labels, inputs.span).withColumnRenamed(KNOWN_AT, AVAILABLE_AT)
    # The table is created before its rows are written. If this run is killed, an erasure vacuums the table and so removes its
    # files.
    create_table(store.spark, path, TableShape(without_marks(marked, view).schema, personal))
    # Under the lock, an erasure either has already put its people on the suppression list, or waits until the rows are written.
    with exclusive(store.spark, path):
        check = suppression_check(store, path, subjects)
        stored = _store(check, view, marked, personal)
        try:
            expected, actual = labels_seen.get["rows"], stored.rows + stored.suppressed
            if expected != actual:
                raise RowCountError(f"training dataset of {view.full_name}", expected, actual)
            require_groups(snapshot, view, stored.rows, stored.absent)
        except TidegateError:
            # These errors are only known when the rows are computed, which happens while they are written.
            remove_table(store.spark, path)
            raise
        if (newest := check.remove_late_rows()) is not None:
            stored = _counted_again(newest, stored)
    version = current_version(store.spark, path)
    of_rows = (stored.rows, stored.content_hash, version, code_version(), stored.absent, young)
    return Manifest(inputs, *of_rows, view_as_json(view)), stored.suppressed


@dataclass(frozen=True)
class _StoredRows:
    """The counts of the stored rows of a dataset.

    Attributes:
        rows: The number of stored rows.
        content_hash: The sum of their hashes.
        absent: For each choice, by its name, the number of rows that found no row of its group.
        suppressed: The number of rows of erased people that were left out.
    """

    rows: int
    content_hash: str
    absent: dict[str, int]
    suppressed: int


def _store(check: SuppressionCheck, view: FeatureView, marked: DataFrame, personal: Sequence[str]) -> _StoredRows:
    """Write the rows except those of erased people."""
    refused_seen, result_seen = Observation(), Observation()
    with_refused = check.mark(marked).observe(refused_seen, F.count_if(SUPPRESSED).alias("rows"))
    kept = with_refused.where(~F.col(SUPPRESSED)).drop(SUPPRESSED)
    joined = without_marks(kept, view)
    counts = [column.alias(f"_{place}") for place, column in enumerate(absent_counts(view).values())]
    joined = without_marks(kept.observe(result_seen, content_hash(joined).alias("content_hash"), *counts), view)
    replace_rows(joined, check.path, table_properties(joined.schema, personal))
    rows, seen = rows_of_last_write(check.store.spark, check.path), result_seen.get
    absent = {name: int(seen[f"_{place}"]) for place, name in enumerate(choice_names(view)) if seen[f"_{place}"]}
    return _StoredRows(rows, seen["content_hash"] or _NO_ROWS, absent, refused_seen.get["rows"])


def _counted_again(check: SuppressionCheck, stored: _StoredRows) -> _StoredRows:
    """Count the stored rows again after the rows of people who were forgotten in the meantime were removed."""
    left = read_newest(check.store.spark, check.path)
    found = left.agg(F.count(F.lit(1)).alias("rows"), content_hash(left).alias("content_hash")).first()
    if found is None:
        raise RuntimeError("an aggregate without grouping returned no row")
    rows = found["rows"]
    # It is not known which of the removed rows found no row of a group, so these counts are upper bounds.
    absent = {name: min(count, rows) for name, count in stored.absent.items()}
    return _StoredRows(rows, found["content_hash"] or _NO_ROWS, absent, stored.suppressed + stored.rows - rows)
