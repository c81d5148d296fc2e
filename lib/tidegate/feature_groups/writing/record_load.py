"""Write a batch, and find out how far its group is loaded after it."""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT, FeatureGroup
from tidegate.feature_groups.loaded_until import Load, is_recorded, record_loaded_until
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.target import find_target
from tidegate.feature_groups.writing.validate import IS_ACCEPTED, validate
from tidegate.feature_groups.writing.write import write_and_record
from tidegate.feature_groups.writing.write_sizes import WriteSizes
from tidegate.moments import from_micros
from tidegate.tables.store import Store


def write_and_record_load(
    store: Store, group: FeatureGroup, frame: DataFrame, batch: Batch = Batch(), until: datetime | None = None
) -> WriteResult:
    """Write one batch as `write_and_record` does, and then record up to which moment all that was known has been loaded.

    Args:
        store: The store.
        group: The feature group.
        frame: The rows of the batch.
        batch: The id, the kind and the arrival of the batch.
        until: The moment to record. None: what the batch tells, see `load_of`.
    """
    result = write_and_record(store, group, frame, batch)
    if until is None:
        load = load_of(store, group, frame, batch, result)
    else:
        load = Load(group.full_name, "said", until, result.table_version, batch=batch.id)
    record_loaded_until(store, [] if load is None else [load])
    return result


def load_of(store: Store, group: FeatureGroup, frame: DataFrame, batch: Batch, result: WriteResult) -> Load | None:
    """Return up to which moment all that was known has been loaded after a write; None if the batch doesn't tell it.

    It is the moment of a full state; for changes the newest available_at of the accepted rows, but not later than the arrival of
    the batch, because nothing that happened after the arrival can be in it.

    Args:
        store: The store.
        group: The feature group.
        frame: The rows of the batch.
        batch: The id, the kind and the arrival of the batch.
        result: The result of the write.
    """
    moment = _moment_of(store, group, frame, batch, result)
    return None if moment is None else Load(group.full_name, "rows", moment, result.table_version, batch=batch.id)


def _moment_of(store: Store, group: FeatureGroup, frame: DataFrame, batch: Batch, result: WriteResult) -> datetime | None:
    if batch.state is not None:
        return batch.state.moment
    newest = result.newest_available_at
    if result.already_applied and not is_recorded(store, group, batch.id):
        # The driver was killed after the batch was committed and before it was recorded how far the group is loaded.
        newest = _newest_available_at(store, group, frame, batch)
    return newest if newest is None or batch.arrived_at is None else min(newest, batch.arrived_at)


def _newest_available_at(store: Store, group: FeatureGroup, frame: DataFrame, batch: Batch) -> datetime | None:
    rows = validate(find_target(store, group, batch, WriteSizes()), frame).rows
    newest = rows.where(IS_ACCEPTED).agg(F.unix_micros(F.max(AVAILABLE_AT)).alias("newest")).first()
    return None if newest is None else from_micros(newest["newest"])
