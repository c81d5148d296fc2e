"""Count what an erasure would remove, table by table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.erasure.personal_places import Chooser, Places, declared_places, undeclared_places
from tidegate.erasure.table_erasure import find_rows
from tidegate.errors import UnmappedTableError
from tidegate.subjects.derived_people import with_derived_people
from tidegate.subjects.matching import FORM, forms_of_rows
from tidegate.subjects.table_map import MappedTable, mapped_tables
from tidegate.subjects.unmapped_tables import tables_under_root
from tidegate.tables.checkpoint import checkpointed
from tidegate.tables.read import read_newest
from tidegate.tables.store import Store

# The column with the path of a table.
PATH = "path"


@dataclass(frozen=True)
class TableImpact:
    """How many rows and files of one table name the people to erase.

    Attributes:
        places: Where the table names people.
        rows: The number of rows that name them.
        files: The number of data files that contain these rows.
    """

    places: Places
    rows: int
    files: int

    @property
    def table(self) -> MappedTable:
        """The table's entry in the map of subjects."""
        return self.places.table


def people_places(store: Store, mapped: Sequence[MappedTable] | None = None) -> list[Places]:
    """Return where the tables of the store name people.

    Args:
        store: The store.
        mapped: A map of subjects, not necessarily stored, to which lineage has already been added; None: the map of the store
            with lineage added.

    Raises:
        UnmappedTableError: A Delta table under the root is not in the map. An erasure would leave people in it.
    """
    foreign = tables_under_root(store).foreign
    if foreign:
        raise UnmappedTableError(foreign)
    known = with_derived_people(store, mapped_tables(store)) if mapped is None else mapped
    return declared_places(store, known)


def impacts(store: Store, places: Sequence[Places], choose: Chooser, mapped: Sequence[MappedTable]) -> list[TableImpact]:
    """Count the people's rows that an erasure would delete, and those that it would leave in undeclared columns.

    Args:
        store: The store.
        places: Where the erasure would delete rows.
        choose: Selects the people's rows.
        mapped: The map of subjects, not necessarily stored.

    Returns:
        One impact for each of the places, then one for each undeclared place in which rows would be left.
    """
    deleted = {each.table.path: each for each in places}
    searched = [*places, *undeclared_places(store, mapped)]
    all_found = zip(searched, find_rows(store, searched, choose), strict=True)
    counted = [TableImpact(each, found.rows, found.files) for each, found in all_found]
    undeclared = [impact for impact in counted[len(places) :] if impact.rows]
    left = [_without_deleted(store, each, deleted.get(each.table.path), choose) for each in undeclared]
    return [*counted[: len(places)], *[impact for impact in left if impact.rows]]


def _without_deleted(store: Store, impact: TableImpact, deleted: Places | None, choose: Chooser) -> TableImpact:
    """Return the impact without the rows that are deleted anyway because a declared column of the same table names the person."""
    if deleted is None:
        return impact

    def in_both(rows: DataFrame, columns: Sequence[str], untyped: bool) -> DataFrame:
        return deleted.rows_of(choose(rows, columns, untyped), choose)

    [found] = find_rows(store, [impact.places], in_both)
    return replace(impact, rows=impact.rows - found.rows)


def found_people(store: Store, places: Sequence[Places], forms: DataFrame) -> DataFrame:
    """Return the forms (column `_form`) that occur in at least one of the places, each with the path of a table (`path`).

    The executors keep the result after the first job that reads it.
    """
    wanted = F.broadcast(forms.select(FORM))
    found = [
        each.read(read_newest(store.spark, store.layout.absolute(each.table.path)), forms_of_rows).select(
            FORM, F.lit(each.table.path).alias(PATH)
        )
        for each in places
    ]
    return checkpointed(reduce(DataFrame.unionAll, found).join(wanted, on=FORM, how="left_semi").distinct())
