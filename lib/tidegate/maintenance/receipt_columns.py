"""Migration, format 2 to 3: receipts say which columns were searched, and which earlier receipts they correct."""

from pyspark.sql import SparkSession

from tidegate.tables.commit_lock import exclusive
from tidegate.tables.create import table_exists
from tidegate.tables.evolve import add_columns
from tidegate.tables.layout import Layout
from tidegate.tables.read import table_state

_ADDED = {
    "`tables`.`element`.`columns`": "ARRAY<STRING>",
    "`tables`.`element`.`declared`": "BOOLEAN",
    "`amends`": "ARRAY<STRING>",
}


def add_receipt_columns(spark: SparkSession, layout: Layout, dry_run: bool = False) -> list[str]:
    """Add the columns to the table of receipts, in one commit; its rows stay as they are."""
    if not table_exists(spark, layout.receipts):
        return []
    with exclusive(spark, layout.receipts):
        if "amends" in table_state(spark, layout.receipts).schema.names:
            return []
        if not dry_run:
            add_columns(spark, layout.receipts, _ADDED)
    return [f"{layout.relative(layout.receipts)}: the columns searched, and the receipts that one corrects"]
