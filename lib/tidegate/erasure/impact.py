"""What an erasure would remove, table by table."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.erasure.places import Chooser, Places, declared_places, undeclared_places
from tidegate.erasure.table_erasure import find_rows
from tidegate.errors import UnmappedTableError
from tidegate.subjects.derived_people import with_derived_people
from tidegate.subjects.matching import FORM, forms_of_rows
from tidegate.subjects.table_map import MappedTable, mapped_tables
from tidegate.subjects.under_root import tables_under_root
from tidegate.tables.layout import Layout
from tidegate.tables.read import read_table


@dataclass(frozen=True)
class TableImpact:
    """Rows and files of one table that hold the people.

    Attributes:
        places: Where the table names people.
        rows: Rows.
        files: Files that hold them.
    """

    places: Places
    rows: int
    files: int

    @property
    def table(self) -> MappedTable:
        """The table."""
        return self.places.table


def people_places(spark: SparkSession, layout: Layout) -> list[Places]:
    """Return where the tables of the store name people.

    Raises:
        UnmappedTableError: A Delta table lies under the root that the map doesn't know: a person could stay in it.
    """
    foreign = tables_under_root(spark, layout).foreign
    if foreign:
        raise UnmappedTableError(foreign)
    return declared_places(spark, layout, with_derived_people(spark, layout, mapped_tables(spark, layout)))


def impacts(spark: SparkSession, layout: Layout, places: Sequence[Places], choose: Chooser) -> list[TableImpact]:
    """Count the people's rows in every table, and in columns that nobody declared; the latter only where there are any."""
    return impacts_in(spark, layout, places, choose, with_derived_people(spark, layout, mapped_tables(spark, layout)))


def impacts_in(
    spark: SparkSession, layout: Layout, places: Sequence[Places], choose: Chooser, mapped: Sequence[MappedTable]
) -> list[TableImpact]:
    """Count as `impacts` does, by a map that is not written down yet."""
    found = [_impact(spark, layout, each, choose) for each in places]
    undeclared = [_impact(spark, layout, each, choose) for each in undeclared_places(spark, layout, mapped)]
    return [*found, *[impact for impact in undeclared if impact.rows]]


def _impact(spark: SparkSession, layout: Layout, places: Places, choose: Chooser) -> TableImpact:
    found = find_rows(spark, layout, places, choose)
    return TableImpact(places, found.rows, found.files)


def found_forms(spark: SparkSession, layout: Layout, places: Sequence[Places], forms: DataFrame) -> DataFrame:
    """Return those of the forms (column `_form`) that any of the tables has."""
    wanted = F.broadcast(forms.select(FORM))
    found = [each.read(read_table(spark, layout.absolute(each.table.path)), forms_of_rows) for each in places]
    return reduce(DataFrame.unionAll, found).join(wanted, on=FORM, how="left_semi").distinct()
