"""Migration from format 2 to 3: rename feature groups whose names definitions no longer accept, such as `sales.eu`.

The folders of the tables are renamed, and the map of subjects, the catalog and the statistics get the new names. The records of
training datasets and predictions still name the groups from which they were made by their old names.
"""

from collections.abc import Collection, Iterable, Mapping

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tidegate.declared_names import is_name, suggested_name
from tidegate.hadoop import open_path
from tidegate.maintenance.several_subjects import entries_of_any_format
from tidegate.subjects.table_map import FEATURE_GROUP, QUARANTINE, MappedTable
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.create import table_exists
from tidegate.tables.read import read_newest
from tidegate.tables.store import Store
from tidegate.tables.write import replace_rows


def rename_groups(store: Store, dry_run: bool = False) -> list[str]:
    """Rename groups so that definitions accept their names.

    The map of subjects changes last: if a run is killed, the next run reads in the map what is left to do.

    Args:
        store: The store.
        dry_run: Change nothing and only return the lines.

    Returns:
        One line for each table that was renamed, or that would be renamed.
    """
    moves = _moves(entries_of_any_format(store))
    if moves and not dry_run:
        for old, new in moves.items():
            _move(store.spark, store.layout.absolute(old), store.layout.absolute(new))
        names = {_name(_full_name(old)): _name(_full_name(new)) for old, new in moves.items()}
        for path, column, renames in (
            (store.layout.catalog, "group", names),
            (store.layout.statistics, "group", names),
            (store.layout.table_map, "path", moves),
        ):
            _replace(store.spark, path, column, renames)
    return [
        f"{old}: rename to {new}; define the feature group with the name {_name(_full_name(new))!r}" for old, new in moves.items()
    ]


def _moves(entries: Iterable[MappedTable]) -> dict[str, str]:
    """Return the new path, by the old one, of every table that is renamed: the tables of groups and their quarantines."""
    by_kind: dict[str, list[str]] = {FEATURE_GROUP: [], QUARANTINE: []}
    for entry in entries:
        by_kind.get(entry.kind, []).append(entry.path)
    groups = {_full_name(path) for path in by_kind[FEATURE_GROUP]}
    names = _new_names({_name(full_name) for full_name in groups})
    moved = {full: f"{names[_name(full)]}_v{full.rpartition('_v')[2]}" for full in groups if _name(full) in names}
    paths = [*by_kind[FEATURE_GROUP], *by_kind[QUARANTINE]]
    return {path: f"{path.partition('/')[0]}/{moved[_full_name(path)]}" for path in paths if _full_name(path) in moved}


def _new_names(names: Collection[str]) -> dict[str, str]:
    """Return a new name for each group whose name definitions don't accept, by its old name."""
    taken, renamed = {name.lower() for name in names if is_name(name)}, dict[str, str]()
    for name in sorted(name for name in names if not is_name(name)):
        new = suggested_name(name)
        while new.lower() in taken:
            new += "_"
        taken.add(new.lower())
        renamed[name] = new
    return renamed


def _full_name(path: str) -> str:
    # A name could also contain a slash, so only the first slash ends the folder.
    return path.partition("/")[2]


def _name(full_name: str) -> str:
    return full_name.rpartition("_v")[0]


def _move(spark: SparkSession, old: str, new: str) -> None:
    if not table_exists(spark, old):
        return
    with exclusive(spark, old):
        source, file_system = open_path(spark, old)
        if not file_system.rename(source, open_path(spark, new)[0]):
            raise OSError(f"{old} could not be renamed to {new}")


def _replace(spark: SparkSession, path: str, column: str, renames: Mapping[str, str]) -> None:
    """Replace values in a text column of one of the store's own tables, in one commit."""
    if not table_exists(spark, path):
        return
    with exclusive(spark, path):
        rows = read_newest(spark, path)
        new_names = F.create_map(*[F.lit(text) for pair in renames.items() for text in pair])
        changed = rows.withColumn(column, F.coalesce(new_names[F.col(column)], F.col(column)))
        replace_rows(changed, path, {})
