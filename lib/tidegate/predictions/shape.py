"""Fit a batch of predictions and its table together: create the table, add the columns of a later version, refuse others."""

from collections.abc import Iterator

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.errors import PredictionColumnsError
from tidegate.predictions.columns import OUTPUT_COLUMNS, REVISION
from tidegate.predictions.table import PredictionTable, recorded_key, recorded_outputs
from tidegate.schema import quoted
from tidegate.subjects.table_map import MappedTable, map_tables
from tidegate.tables.create import STATISTICS_PROPERTY, TableShape, create_table, table_exists
from tidegate.tables.evolve import add_missing_columns, set_properties
from tidegate.tables.protect import protect_columns
from tidegate.tables.read import TableState, table_state
from tidegate.tables.store import Store


def prepared_table(store: Store, path: str, table: PredictionTable, rows: DataFrame) -> DataFrame:
    """Create the table, or add the carried columns that it lacks, and enter it into the map of subjects.

    Args:
        store: The store.
        path: The path of the table.
        table: The definition of the table.
        rows: The batch, without `revision`.

    Returns:
        The batch, with NULL in the carried columns that only the table has: those of another version of the model.

    Raises:
        PredictionColumnsError: The table has another entity key, the columns of another task, or a column of another type.
            Nothing was written.
    """
    found = table_state(store.spark, path) if table_exists(store.spark, path) else None
    differences = [] if found is None else list(_differences(table, rows.schema, found))
    if differences:
        raise PredictionColumnsError(table.name, path, differences)
    map_tables(store, [MappedTable(store.layout.relative(path), "prediction table", table.subjects)])
    schema = T.StructType([*rows.schema.fields, T.StructField(REVISION, T.IntegerType())])
    personal = (*table.subjects, *table.personal)
    if not create_table(store.spark, path, TableShape(schema, personal, properties=table.properties)):
        add_missing_columns(store.spark, path, schema)
        _record(store, path, table, personal)
    stored = table_state(store.spark, path).schema.fields
    lacking = {f.name: F.lit(None).cast(f.dataType) for f in stored if f.name not in schema.names}
    return rows.withColumns(lacking) if lacking else rows


def _record(store: Store, path: str, table: PredictionTable, personal: tuple[str, ...]) -> None:
    """Record the key and outputs of a table that an older version of tidegate made, and protect added personal columns."""
    state = table_state(store.spark, path)
    lacking = {name: value for name, value in table.properties.items() if name not in state.properties}
    set_properties(store.spark, path, lacking)
    counted = state.properties.get(STATISTICS_PROPERTY)
    if personal and (counted is None or {*map(quoted, personal)} & {*counted.split(",")}):
        protect_columns(store.spark, path, personal)


def _differences(table: PredictionTable, batch: T.StructType, stored: TableState) -> Iterator[str]:
    """Yield what keeps a batch out of a table. Both sides are known without a Spark job."""
    key, outputs = recorded_key(stored), recorded_outputs(stored)
    if key is not None and {*key} != {*table.entity_key}:
        yield f"its entity key is {', '.join(table.entity_key)}, but {', '.join(key)} in the table"
    if outputs is not None and {*outputs} != {*table.outputs}:
        yield f"its task predicts {', '.join(table.outputs) or 'nothing'}, but {', '.join(outputs) or 'nothing'} in the table"
    sides = ({field.name: field.dataType.simpleString() for field in side.fields} for side in (batch, stored.schema))
    given, there = sides
    spelled = {name.casefold(): name for name in there}
    for name, kind in given.items():
        other = spelled.get(name.casefold(), name)
        if other != name:
            yield f"{name} is called {other} in the table"
        elif there.get(name, kind) != kind:
            yield f"{name} is {kind}, but {there[name]} in the table"
    # The writer adds the revision.
    own = {*OUTPUT_COLUMNS, *table.entity_key, *table.outputs} - {REVISION}
    yield from (f"the batch has no {name}" for name in there if name in own and name not in given)
