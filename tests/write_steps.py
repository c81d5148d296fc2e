"""The steps of a write up to the one that a test looks at."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyspark.sql import DataFrame
from tests.write_cases import Side, rows_of

from tidegate import Batch, FeatureGroup
from tidegate.feature_groups.storage import create_group_table
from tidegate.feature_groups.writing.admit import AdmittedRows, admit
from tidegate.feature_groups.writing.compare import ComparedRows, compare
from tidegate.feature_groups.writing.order import OrderedRows, ways_to_order
from tidegate.feature_groups.writing.target import Target, find_target
from tidegate.feature_groups.writing.validate import validate
from tidegate.feature_groups.writing.write_sizes import WriteSizes
from tidegate.tables.store import Store

DEFAULT = WriteSizes()
CHANGES = Batch()


def target_of(store: Store, group: FeatureGroup, batch: Batch = CHANGES, sizes: WriteSizes = DEFAULT) -> Target:
    """Make the group's table where it isn't there, and find it."""
    create_group_table(store, group)
    return find_target(store, group, batch, sizes)


def target_without_table(store: Store, group: FeatureGroup, batch: Batch = CHANGES) -> Target:
    """Return a target whose table was never made; enough for the steps before the comparison."""
    return Target(store, group, batch, str(Path(store.layout.root, "none")), 4, frozenset(), DEFAULT)


def ordered(target: Target, rows: DataFrame, in_order: bool = True) -> OrderedRows:
    """Validate rows; put them in order, or leave them as they came."""
    validated = validate(target, rows)
    if in_order:
        return list(ways_to_order(validated))[-1]
    return OrderedRows(target, validated.check, validated.rows.localCheckpoint(), in_order=False)


def admitted(target: Target, rows: DataFrame, in_order: bool = True) -> AdmittedRows:
    with ThreadPoolExecutor(1) as side:
        found = admit(ordered(target, rows, in_order), side)
    assert found is not None
    return found


def compared(target: Target, sides: Mapping[str, Side]) -> ComparedRows:
    """Compare a batch with its table."""
    found = compare(admitted(target, rows_of(target.store.spark, sides)))
    assert found is not None
    return found
