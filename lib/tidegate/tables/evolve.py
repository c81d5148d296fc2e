"""Change the columns of a Delta table in place: new ones, and wider types."""

from collections.abc import Mapping

from pyspark.sql import SparkSession
from pyspark.sql import types as T

from tidegate.schema import quoted, same_type, text_literal
from tidegate.tables.commits.commit import committed
from tidegate.tables.create import STATISTICS_PROPERTY
from tidegate.tables.read import table_state

_WIDENING = {"delta.enableTypeWidening": "true"}
# A table made without such a column has to be told that its readers must know the type.
_WITHOUT_ZONE = {"delta.feature.timestampNtz": "supported"}


def evolve_table(spark: SparkSession, path: str, schema: T.StructType, properties: Mapping[str, str]) -> None:
    """Give a table the columns of a schema, in its order, and set properties; no row is written.

    New columns and wider types are one commit. Delta takes properties by another command: one before, for what allows wider
    types and for our own; one after, for the columns with statistics, which must be there by then. Killed in between, the same
    call does the rest. Types are only widened where that is needed: from then on readers must know the table feature.

    Args:
        spark: The session.
        path: The table.
        schema: All columns of the table and further ones; the types are those of the table or wider.
        properties: What to set.
    """
    state = table_state(spark, path)
    allowing = {**_needed(state.schema, schema), **{k: v for k, v in properties.items() if k != STATISTICS_PROPERTY}}
    set_properties(spark, path, {key: value for key, value in allowing.items() if state.properties.get(key) != value})
    if _differs(state.schema, schema):
        _alter(spark, path, f"REPLACE COLUMNS ({schema.toDDL()})")
    set_properties(spark, path, {key: value for key, value in properties.items() if key == STATISTICS_PROPERTY})


def add_missing_columns(spark: SparkSession, path: str, schema: T.StructType) -> None:
    """Give a table of our own the columns of a schema that it was made without; its rows have NULL there. Most calls find none.

    The other columns are not named: Spark takes no list of columns of which one may not be NULL, as those of a prediction table.
    """
    stored = table_state(spark, path).schema
    missing = {quoted(field.name): field.dataType.simpleString() for field in schema.fields if field.name not in stored.names}
    if missing:
        add_columns(spark, path, missing)


def add_columns(spark: SparkSession, path: str, columns: Mapping[str, str]) -> None:
    """Add columns with their types, both as SQL writes them, also inside structs; stored rows have NULL there."""
    added = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    _alter(spark, path, f"ADD COLUMNS ({added})")


def _differs(stored: T.StructType, wanted: T.StructType) -> bool:
    return stored.names != wanted.names or bool(_widened(stored, wanted))


def _needed(stored: T.StructType, wanted: T.StructType) -> dict[str, str]:
    """The properties without which Delta refuses the types."""
    added = [field.dataType for field in wanted.fields if field.name not in stored.names]
    widened = _widened(stored, wanted)
    without_zone = any(isinstance(kind, T.TimestampNTZType) for kind in (*added, *widened))
    return {**(_WIDENING if widened else {}), **(_WITHOUT_ZONE if without_zone else {})}


def _widened(stored: T.StructType, wanted: T.StructType) -> list[T.DataType]:
    known = {field.name: field.dataType for field in stored.fields}
    return [field.dataType for field in wanted.fields if field.name in known and not same_type(known[field.name], field.dataType)]


def set_properties(spark: SparkSession, path: str, properties: Mapping[str, str]) -> None:
    """Set properties in one commit; the others stay."""
    if properties:
        pairs = ", ".join(f"{text_literal(key)} = {text_literal(value)}" for key, value in properties.items())
        _alter(spark, path, f"SET TBLPROPERTIES ({pairs})")


def _alter(spark: SparkSession, path: str, change: str) -> None:
    table = f"delta.{quoted(path)}"
    committed(spark, path, lambda: spark.sql(f"ALTER TABLE {table} {change}"))
