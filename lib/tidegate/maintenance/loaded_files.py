"""Migration from format 4 to 5: each loaded file names its feature group, and files of loaded days count as loaded."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.feature_groups.evolution.difference import BUCKETS_PROPERTY
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.feature_groups.writing.batch import Batch
from tidegate.maintenance.definitions import Definitions
from tidegate.period import Period
from tidegate.sources.folders import ListedFile, day_of, list_below
from tidegate.sources.positions import LoadedFiles, loaded_files, record_files
from tidegate.sources.source_folder import source_folder
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.create import table_exists
from tidegate.tables.find import find_tables
from tidegate.tables.read import read_table, table_state, table_tokens
from tidegate.tables.store import Store
from tidegate.tables.write import replace_rows

_GROUP = "feature_group"


def name_groups_of_files(store: Store, dry_run: bool = False) -> list[str]:
    """Add the feature group to each row of the table of loaded files. The logs of the groups tell who took which batch.

    Args:
        store: The store.
        dry_run: Change nothing and only return the lines.

    Returns:
        One line if the table was changed, or would be changed.
    """
    path = store.layout.source_files
    if not table_exists(store.spark, path):
        return []
    with exclusive(store.spark, path):
        if _GROUP in table_state(store.spark, path).schema.names:
            return []
        if not dry_run:
            rows = read_table(store.spark, path)
            replace_rows(_with_groups(store, rows).coalesce(1), path, {})
    return [f"{store.layout.relative(path)}: name the feature group of each loaded file"]


def record_files_of_days(definitions: Definitions, store: Store, dry_run: bool = False) -> list[str]:
    """Record the files of days that were loaded before as loaded files, so that they are not loaded again.

    Args:
        definitions: The steps, and the folder of the landing zone. Files in another folder are loaded once more, which changes
            no row.
        store: The store.
        dry_run: Change nothing and only return the lines.

    Returns:
        One line for each source and feature group of which files were recorded, or would be recorded.
    """
    lines = []
    for step in definitions.steps if definitions.landing is not None else ():
        files = _files_of_days(store, step, str(definitions.landing))
        if files:
            source, group = step.sources[0].name, step.group.full_name
            if not dry_run:
                record_files(store, [LoadedFiles(source, [group], dict.fromkeys(files, 0), None)], datetime.now(UTC))
            lines.append(f"source {source}: {len(files)} files count as loaded into feature group {group}")
    return lines


def _with_groups(store: Store, rows: DataFrame) -> DataFrame:
    """Return the loaded files with the group that took their batch. Files without a batch have the groups of their source."""
    batches = [row["batch"] for row in rows.select("batch").distinct().collect() if row["batch"] is not None]
    taken = _groups_of_batches(store, batches)
    schema = T.StructType([T.StructField("batch", T.StringType()), T.StructField(_GROUP, T.StringType())])
    known = store.spark.createDataFrame([(batch, group) for batch, groups in taken.items() for group in groups], schema)
    named = rows.join(F.broadcast(known), "batch", "left")
    of_source = named.where(f"{_GROUP} IS NOT NULL").select("source", F.col(_GROUP).alias("_of_source")).distinct()
    completed = named.join(F.broadcast(of_source), "source", "left")
    is_own = f"{_GROUP} IS NULL OR {_GROUP} = _of_source"
    return completed.where(is_own).select(*rows.columns, F.col("_of_source").alias(_GROUP))


def _groups_of_batches(store: Store, batches: Sequence[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    folder = store.layout.feature_group("").rstrip("/")
    for name in find_tables(store.spark, folder):
        path = store.layout.feature_group(name)
        if "/" in name or BUCKETS_PROPERTY not in table_state(store.spark, path).properties:
            continue
        tokens = set(table_tokens(store.spark, path))
        for batch in batches:
            if Batch(batch).is_applied(tokens):
                found[batch].append(name)
    return found


def _files_of_days(store: Store, step: FeatureStep, landing: str) -> list[ListedFile]:
    """Return the files of a step's source of which the days are loaded, and which are not recorded yet."""
    source = step.source
    if source is None or not table_exists(store.spark, store.layout.feature_group(step.group.full_name)):
        return []
    loaded = _loaded_days(store, step.group.full_name)
    if not loaded:
        return []
    # In a dry run the table of loaded files has no groups yet.
    group = step.group.full_name
    known = loaded_files(store, {source.name: [group]})[source.name, group] if _has_groups(store) else {}
    listed = list_below(store.spark, source_folder(store.spark, source, landing))
    # A source without days was read by each run as a whole.
    days = {file: day_of(file.name) if source.by_day else min(loaded) for file in listed}
    return [file for file in listed if file.name not in known and days[file] in loaded]


def _has_groups(store: Store) -> bool:
    path = store.layout.source_files
    return table_exists(store.spark, path) and _GROUP in table_state(store.spark, path).schema.names


def _loaded_days(store: Store, group: str) -> set[date]:
    """Return the days that runs of the feature pipeline have loaded into a group. The table of runs tells it in every format."""
    if not table_exists(store.spark, store.layout.runs):
        return set()
    runs = read_table(store.spark, store.layout.runs)
    result = "result" if "result" in runs.columns else "outcome"
    written = f"job = 'feature_pipeline' AND {result} = 'succeeded' AND map_contains_key(details, 'feature group {group}')"
    batches = [row["batch"] for row in runs.where(written).select("batch").distinct().collect()]
    found = set[date]()
    for batch in batches:
        first, _, last = batch.partition("..")
        if last:
            found.update(Period(date.fromisoformat(first), date.fromisoformat(last)).days())
    return found
