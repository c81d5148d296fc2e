"""Find out where tables name people: in subject columns, in the text of quarantined rows, or in undeclared columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.erasure.nested_names import NestedPlace, nested_places
from tidegate.quarantine.table import ID, ROW, held_field
from tidegate.schema import quoted
from tidegate.subjects.table_map import QUARANTINE, MappedTable
from tidegate.subjects.unmapped_tables import SOURCE
from tidegate.tables.create import table_exists
from tidegate.tables.read import table_state
from tidegate.tables.store import Store

# Selects the rows of the wanted people. Takes the rows, the names of the columns that name people, and whether these columns hold
# identifiers as text whose original type is not known.
Chooser = Callable[[DataFrame, Sequence[str], bool], DataFrame]
_FIELD, _ROW = "_named_in_", "_row"
_NAMES_NOBODY = (T.ArrayType, T.MapType, T.StructType, T.VariantType)


@dataclass(frozen=True)
class Places:
    """Where one table names people.

    Attributes:
        table: The table.
        columns: The table's columns that name people.
        fields: In the quarantine of a feature group, the fields that name people in the quarantined row, which is stored as JSON.
        nested: The places inside structs, arrays and maps. They are never declared, and `columns` and `fields` are then empty.
        declared: Whether the map of subjects knows these places. An erasure deletes rows at declared places; at the others it
            only searches.
    """

    table: MappedTable
    columns: tuple[str, ...]
    fields: tuple[str, ...] = ()
    nested: tuple[NestedPlace, ...] = field(default=(), compare=False)
    declared: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the places in a receipt: columns, paths inside nested columns, and `row.<field>` of quarantined rows."""
        return (*self.columns, *dict.fromkeys(each.path for each in self.nested), *[f"{ROW}.{name}" for name in self.fields])

    def rows_of(self, stored: DataFrame, choose: Chooser) -> DataFrame:
        """Return the stored rows that the chooser selects, with the table's columns."""
        wanted = [F.col(quoted(name)) for name in stored.columns]
        if not self.nested:
            return self.read(stored, choose).select(*wanted)
        # The explode makes one row for each nested value, so a row can be found more than once.
        found = self.read(stored.withColumn(_ROW, F.monotonically_increasing_id()), choose)
        return found.dropDuplicates([_ROW]).select(*wanted)

    def read(self, stored: DataFrame, choose: Chooser) -> DataFrame:
        """Apply the chooser to the stored rows at these places and return its result."""
        if self.nested:
            return self._read_nested(stored, choose)
        names = {f"{_FIELD}{place}": name for place, name in enumerate(self.fields)}
        fields = {column: held_field(name) for column, name in names.items()}
        read = stored.withColumns(fields) if fields else stored
        return choose(read, (*self.columns, *names), self.table.kind == QUARANTINE)

    def _read_nested(self, stored: DataFrame, choose: Chooser) -> DataFrame:
        leaf = f"{_FIELD}0"
        values = [stored.withColumn(leaf, F.explode(each.values)) for each in self.nested]
        return reduce(DataFrame.unionByName, [choose(each, (leaf,), False).drop(leaf) for each in values])

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that identify the rows of people: a stored row that equals a row of a person in all of them is one, too.

        These are the ids of quarantined rows, and the subject columns of any other table.
        """
        return (ID,) if self.table.kind == QUARANTINE else self.columns


def declared_places(store: Store, mapped: Sequence[MappedTable]) -> list[Places]:
    """Return where an erasure deletes rows: the subject columns of every mapped table that exists and names people.

    In the quarantine of a feature group, the fields of the group's subject columns are searched as well. The quarantine's own
    subject column holds one person, but a row can name several, and a view can show later that a further column names people.
    """
    groups = {table.path: table.subject_columns for table in mapped}
    found = []
    for table in mapped:
        if table.kind == SOURCE or not table_exists(store.spark, store.layout.absolute(table.path)):
            continue
        held = groups.get(_held_from(table), ()) if table.kind == QUARANTINE else ()
        columns = tuple(_columns_named(store, table, table.subject_columns))
        if columns or held:
            found.append(Places(table, columns, tuple(held)))
    return found


def undeclared_places(store: Store, mapped: Sequence[MappedTable]) -> list[Places]:
    """Return the undeclared places that have the name of a subject column of any table.

    A definition may have forgotten to declare such a column, or the identifier lies inside a struct, an array or a map, which no
    definition can declare. An erasure would leave the person there. A column with another name is not found.
    """
    names = {name for table in mapped if table.kind != QUARANTINE for name in table.subject_columns}
    there = [table for table in mapped if table.kind != SOURCE and table_exists(store.spark, store.layout.absolute(table.path))]
    found: list[Places] = []
    groups: dict[str, tuple[str, ...]] = {}
    for table in sorted(there, key=lambda table: table.kind == QUARANTINE):
        if table.kind == QUARANTINE:
            places = Places(table, (), groups.get(_held_from(table), ()), declared=False)
        else:
            declared = {name.lower() for name in table.subject_columns}
            columns = [name for name in _columns_named(store, table, names) if name.lower() not in declared]
            groups[table.path] = tuple(columns)
            places = Places(table, tuple(columns), declared=False)
            inside = nested_places(table_state(store.spark, store.layout.absolute(table.path)).schema, names)
            found += [Places(table, (), nested=tuple(inside), declared=False)] if inside else []
        found += [places] if places.names else []
    return found


def _columns_named(store: Store, table: MappedTable, names: Sequence[str] | set[str]) -> list[str]:
    """Return the table's columns that have one of these names, in upper or lower case, and whose type can name a person."""
    wanted = {name.lower() for name in names}
    fields = table_state(store.spark, store.layout.absolute(table.path)).schema.fields
    return [field.name for field in fields if field.name.lower() in wanted and not isinstance(field.dataType, _NAMES_NOBODY)]


def _held_from(quarantine: MappedTable) -> str:
    """Return the path of the feature group that a quarantine belongs to. For the quarantine of a source, no such group exists."""
    return f"feature_groups/{quarantine.path.rpartition('/')[2]}"
