"""Find the feature groups that no definition names any more, and drop them.

A group keeps its entry in the map of subjects after it was dropped. Training datasets and prediction tables that were made from
it stay, and the entry shows which of their columns name people.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import functions as F

from tidegate.errors import ForeignTableInsideError, GroupInUseError, UnknownGroupError
from tidegate.feature_groups.catalog.features_table import record_removed
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.progress import timed_step
from tidegate.releases.history import groups_in_use
from tidegate.schema import quoted, text_literal
from tidegate.subjects.table_map import FEATURE_GROUP, mapped_tables
from tidegate.subjects.unmapped_tables import tables_under_root
from tidegate.tables.commits.commit_metadata import Commit
from tidegate.tables.create import table_exists
from tidegate.tables.drop import drop_table
from tidegate.tables.read import file_count, read_table, table_bytes
from tidegate.tables.runs import recorded_run
from tidegate.tables.store import Store
from tidegate.tables.write import delete_where

# The detail of a run of the feature pipeline that names a group which the run wrote.
_WROTE = "feature group "


@dataclass(frozen=True)
class DroppedGroup:
    """A feature group that was dropped or, in a dry run, that would be dropped.

    Attributes:
        group: Full name of the group.
        tables: Its tables, relative to the root: the group's own and its quarantine. Tables that don't exist are left out.
        files: The number of files that the newest versions of these tables need.
        bytes: The size of these files.
        datasets: The number of stored training datasets that were made from the group. They stay.
    """

    group: str
    tables: tuple[str, ...]
    files: int
    bytes: int
    datasets: int


def unused_groups(store: Store, system: str, groups: Sequence[FeatureGroup]) -> list[str]:
    """Return the full names of the groups that only this system wrote and that it no longer defines.

    Groups that another system wrote too, or that were written without a system, are left out: somebody else may use them. So are
    those that a release in use reads.

    Args:
        store: The store.
        system: Name of the system.
        groups: All groups that the system defines.
    """
    stored = [name for name in _undefined(store, groups) if table_exists(store.spark, store.layout.feature_group(name))]
    released = groups_in_use(store) if stored else {}
    stored = [name for name in stored if name not in released]
    if not stored or not table_exists(store.spark, store.layout.runs):
        return []
    runs = read_table(store.spark, store.layout.runs).select("system", F.explode(F.map_keys("details")).alias("step"))
    wrote = runs.where(F.col("step").isin(*[f"{_WROTE}{name}" for name in stored])).distinct().collect()
    writers = {name: {row["system"] for row in wrote if row["step"] == f"{_WROTE}{name}"} for name in stored}
    return [name for name in stored if writers[name] == {system}]


def drop_groups(
    store: Store, groups: Sequence[FeatureGroup], names: Iterable[str], now: datetime, dry_run: bool = False
) -> list[DroppedGroup]:
    """Drop groups with their quarantines and records. The names are checked before anything is removed.

    If it is killed at any point, it can be called again with the same names.

    Args:
        store: The store.
        groups: All groups that are still defined.
        names: Full names of the groups to drop, such as `traffic_v1`.
        now: The time of the drop, in UTC.
        dry_run: Change nothing and only return what would be dropped.

    Raises:
        UnknownGroupError: The store has no group of this name.
        GroupInUseError: A definition still names the group, or a release in use reads it.
        ForeignTableInsideError: The folder of one of the tables contains a table that is not the store's.
    """
    chosen = list(dict.fromkeys(names))
    _require_unused(store, groups, chosen)
    planned = [_planned(store, name) for name in chosen]
    foreign = tables_under_root(store).foreign
    for path in (path for each in planned for path in each.tables):
        inside = [other for other in foreign if other.startswith(f"{path}/")]
        if inside:
            raise ForeignTableInsideError(path, inside)
    if not dry_run:
        with recorded_run(store.spark, store.layout.runs, "maintain", "", f"drop {', '.join(chosen)}") as run:
            for each in planned:
                with timed_step(f"drop {each.group}") as step:
                    _drop(store, each.group, now)
                    step.summary = f"{each.files:,} files of {len(each.tables)} tables"
                run.details[each.group] = step.summary
    return planned


def _require_unused(store: Store, groups: Sequence[FeatureGroup], names: Sequence[str]) -> None:
    defined = {group.full_name for group in groups}
    undefined, released = _undefined(store, groups), groups_in_use(store)
    for name in names:
        if name in defined:
            raise GroupInUseError(name)
        if name in released:
            raise GroupInUseError(name, released[name])
        if name not in undefined:
            raise UnknownGroupError(name, undefined, f"root {store.layout.root}")


def _undefined(store: Store, groups: Sequence[FeatureGroup]) -> list[str]:
    """Return the full names of the groups in the map of subjects that are not among these groups."""
    defined = {group.full_name for group in groups}
    mapped = [table.path.rpartition("/")[2] for table in mapped_tables(store) if table.kind == FEATURE_GROUP]
    return [name for name in mapped if name not in defined]


def _tables(store: Store, name: str) -> tuple[str, ...]:
    return store.layout.feature_group(name), store.layout.quarantine(name)


def _planned(store: Store, name: str) -> DroppedGroup:
    there = [path for path in _tables(store, name) if table_exists(store.spark, path)]
    return DroppedGroup(
        name,
        tuple(map(store.layout.relative, there)),
        sum(file_count(store.spark, path) for path in there),
        sum(table_bytes(store.spark, path) for path in there),
        _datasets(store, name),
    )


def _datasets(store: Store, name: str) -> int:
    if not table_exists(store.spark, store.layout.manifests):
        return 0
    made_from_it = F.map_contains_key("group_versions", F.lit(name))
    return read_table(store.spark, store.layout.manifests).where(made_from_it).select("dataset_id").distinct().count()


def _drop(store: Store, name: str, now: datetime) -> None:
    """Drop the tables of a group and its records.

    The record of how far the group is loaded goes first: it must not be valid for an empty table of the same name.
    """
    group, _, version = name.rpartition("_v")
    records = {
        store.layout.loaded_until: f"feature_group = {text_literal(name)}",
        store.layout.statistics: f"{quoted('group')} = {text_literal(group)} AND group_version = {version}",
    }
    for path, condition in records.items():
        if table_exists(store.spark, path) and not read_table(store.spark, path).where(condition).isEmpty():
            delete_where(store.spark, path, condition, Commit(note={"dropped": name}))
    for path in _tables(store, name):
        drop_table(store.spark, path)
    record_removed(store, group, int(version), now)
