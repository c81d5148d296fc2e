"""Change the columns of a Delta table in place: add columns and widen types."""

from collections.abc import Mapping

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate.schema import quoted, same_type, text_literal
from tidegate.tables.commits.commit import committed
from tidegate.tables.create import STATISTICS_PROPERTY
from tidegate.tables.read import table_state

_WIDENING = {"delta.enableTypeWidening": "true"}
# A table that was created without such a column must first declare that its readers have to know the type.
_WITHOUT_ZONE = {"delta.feature.timestampNtz": "supported"}


def evolve_table(spark: SparkSession, path: str, schema: T.StructType, properties: Mapping[str, str]) -> None:
    """Give a table the columns of a schema, in its order, and set properties. No row is written.

    New columns and wider types are one commit. Delta sets properties with a command of its own, so there can be two more commits:
    one before, with the properties that allow wider types and with our own properties, and one after, with the columns that get
    statistics, because these columns must exist by then. If the driver is killed in between, the same call does the rest.
    Properties that allow wider types are set only if a type is wider, because readers must then know that table feature.

    Args:
        spark: The session.
        path: The table.
        schema: All columns of the table, and further ones. Each type is that of the table or a wider one.
        properties: The properties to set.
    """
    state = table_state(spark, path)
    allowing = {**_needed(state.schema, schema), **{k: v for k, v in properties.items() if k != STATISTICS_PROPERTY}}
    set_properties(spark, path, {key: value for key, value in allowing.items() if state.properties.get(key) != value})
    if _differs(state.schema, schema):
        _alter(spark, path, f"REPLACE COLUMNS ({schema.toDDL()})")
    set_properties(spark, path, {key: value for key, value in properties.items() if key == STATISTICS_PROPERTY})


def add_missing_columns(spark: SparkSession, path: str, schema: T.StructType) -> None:
    """Add the columns of a schema that one of the store's own tables lacks. Stored rows have NULL there.

    Most calls find nothing to add. The statement names only the added columns: Spark refuses a list of all columns if one of them
    may not be NULL, as in a prediction table.
    """
    stored = table_state(spark, path).schema
    missing = {quoted(field.name): field.dataType.simpleString() for field in schema.fields if field.name not in stored.names}
    if missing:
        add_columns(spark, path, missing)


def add_columns(spark: SparkSession, path: str, columns: Mapping[str, str]) -> None:
    """Add columns, also inside structs. Stored rows have NULL there.

    Args:
        spark: The session.
        path: The table.
        columns: The types of the new columns by their names, both as SQL writes them.
    """
    added = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    _alter(spark, path, f"ADD COLUMNS ({added})")


def _differs(stored: T.StructType, wanted: T.StructType) -> bool:
    return stored.names != wanted.names or bool(_widened(stored, wanted))


def _needed(stored: T.StructType, wanted: T.StructType) -> dict[str, str]:
    """Return the properties without which Delta refuses the types."""
    added = [field.dataType for field in wanted.fields if field.name not in stored.names]
    widened = _widened(stored, wanted)
    without_zone = any(isinstance(kind, T.TimestampNTZType) for kind in (*added, *widened))
    return {**(_WIDENING if widened else {}), **(_WITHOUT_ZONE if without_zone else {})}


def _widened(stored: T.StructType, wanted: T.StructType) -> list[T.DataType]:
    known = {field.name: field.dataType for field in stored.fields}
    return [field.dataType for field in wanted.fields if field.name in known and not same_type(known[field.name], field.dataType)]


def set_properties(spark: SparkSession, path: str, properties: Mapping[str, str]) -> None:
    """Set properties of a table in one commit. Its other properties stay as they are."""
    if properties:
        pairs = ", ".join(f"{text_literal(key)} = {text_literal(value)}" for key, value in properties.items())
        _alter(spark, path, f"SET TBLPROPERTIES ({pairs})")


def _alter(spark: SparkSession, path: str, change: str) -> None:
    table = f"delta.{quoted(path)}"
    committed(spark, path, lambda: spark.sql(f"ALTER TABLE {table} {change}"))
