"""Build a training dataset: labels of a period with the features known at their times, stored with a manifest."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from tidegate.code_version import code_version
from tidegate.datasets.absent_groups import (
    absent_counts,
    choice_names,
    require_groups,
    with_marked_features,
    without_marks,
)
from tidegate.datasets.manifest import DatasetInputs, Manifest, find_manifest, write_manifest
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_definition import view_definition
from tidegate.datasets.view_rows import Snapshot, current_snapshot, within
from tidegate.errors import NoLabelsError, RowCountError, TidegateError
from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME
from tidegate.feature_groups.read import content_hash
from tidegate.moments import require_moment
from tidegate.point_in_time.ties import ties_told
from tidegate.subjects.table_map import MappedTable, map_tables
from tidegate.tables.create import remove_table, table_properties
from tidegate.tables.definitions import require_definitions
from tidegate.tables.layout import Layout
from tidegate.tables.read import current_version, read_table, rows_of_last_write
from tidegate.tables.write import replace_rows


@dataclass(frozen=True)
class TrainingDataset:
    """A stored training dataset.

    Attributes:
        frame: Entity columns, `event_time` (the label time), targets, features.
        manifest: What it was built from.
        reused: Whether it had been built before from the same inputs.
    """

    frame: DataFrame
    manifest: Manifest
    reused: bool


def training_dataset(
    spark: SparkSession, layout: Layout, view: FeatureView, start: datetime, end: datetime, known_by: datetime
) -> TrainingDataset:
    """Build, or find, the training dataset of the labels with start <= label time < end that were known by `known_by`.

    Raises:
        MissingGroupError: A group of the view was never written.
        NoLabelsError: No label row lies in the period.
        ChangedDefinitionError: The view was changed, and its version was not.
        TiedRowsError: Rows of a group claim the same moment, and nothing orders them; nothing is recorded.
        RowCountError: The join broke its contract of one row per label row; nothing is recorded.
        AbsentGroupsError: More rows than the view allows found no row of a group; nothing is recorded.
    """
    for role, moment in (("start", start), ("end", end), ("known_by", known_by)):
        require_moment(moment, f"{role} of a training dataset")
    snapshot = current_snapshot(spark, layout, (view.labels, *view.groups))
    require_definitions(spark, layout, [view_definition(view)])
    inputs = DatasetInputs(view.name, view.version, view_digest(view), dict(snapshot.versions), start, end, known_by)
    path = layout.training_dataset(view.full_name, inputs.dataset_id)
    found = find_manifest(spark, layout, inputs)
    if found is None:
        built = _build(snapshot, view, inputs, path)
        write_manifest(spark, layout, built)
    elif found.absent is not None:
        # Another run may have let it through.
        require_groups(snapshot, view, found.rows, found.absent)
    return TrainingDataset(read_table(spark, path), found or built, reused=found is not None)


def label_rows(labels: DataFrame, view: FeatureView, inputs: DatasetInputs) -> DataFrame:
    """Choose the label rows of a dataset: of the period, and known in time."""
    known = within(labels, inputs.span).where(F.col(AVAILABLE_AT) <= F.lit(inputs.known_by))
    return known.select(*view.entity_columns, EVENT_TIME, *view.targets)


def view_digest(view: FeatureView) -> str:
    """Return a hash of what a view's definition says, so that a changed definition is another dataset."""
    choices = [
        (choice.group.full_name, choice.features, choice.output_names, choice.lookback, choice.boundary)
        for choice in view.choices
    ]
    return hashlib.sha256(repr((view.full_name, view.labels.full_name, view.targets, choices)).encode()).hexdigest()[:16]


def _build(snapshot: Snapshot, view: FeatureView, inputs: DatasetInputs, path: str) -> Manifest:
    """Join and store; what a killed run left at the path is replaced."""
    spark, layout = snapshot.spark, snapshot.layout
    labels_seen, result_seen = Observation(), Observation()
    labels = label_rows(snapshot.standing(view.labels, inputs.known_by), view, inputs)
    if labels.isEmpty():
        raise NoLabelsError(view.labels.full_name, inputs.label_start, inputs.label_end)
    map_tables(spark, layout, [MappedTable(layout.relative(path), "training dataset", view.subjects)])
    labels = labels.observe(labels_seen, F.count(F.lit(1)).alias("rows"))
    marked = with_marked_features(snapshot, view, labels, inputs.span)
    joined = without_marks(marked, view)
    counts = [column.alias(f"_{place}") for place, column in enumerate(absent_counts(view).values())]
    joined = without_marks(marked.observe(result_seen, content_hash(joined).alias("content_hash"), *counts), view)
    with ties_told():
        replace_rows(joined, path, table_properties(joined.schema, view.personal_columns))
    expected, actual = labels_seen.get["rows"], rows_of_last_write(spark, path)
    seen = result_seen.get
    absent = {name: int(seen[f"_{place}"]) for place, name in enumerate(choice_names(view)) if seen[f"_{place}"]}
    try:
        if expected != actual:
            raise RowCountError(f"training dataset of {view.full_name}", expected, actual)
        require_groups(snapshot, view, actual, absent)
    except TidegateError:
        # Known only once its rows were computed, which is while they are written.
        remove_table(spark, path)
        raise
    return Manifest(inputs, actual, seen["content_hash"], current_version(spark, path), code_version(), absent)
