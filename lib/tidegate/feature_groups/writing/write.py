"""Write a batch into a feature group: the line of steps, from the rows as they came to the counts of what became of them."""

from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from enum import Enum

from pyspark.sql import DataFrame

from tidegate.errors import InterruptedWriteError
from tidegate.feature_groups.catalog.statistics_table import commit_statistics, record_statistics
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.storage import create_group_table, stored_buckets
from tidegate.feature_groups.writing.admit import AdmittedRows, admit
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.commit import commit
from tidegate.feature_groups.writing.compare import compare
from tidegate.feature_groups.writing.limits import WriteLimits
from tidegate.feature_groups.writing.order import OrderedRows, ways_to_order
from tidegate.feature_groups.writing.record import record
from tidegate.feature_groups.writing.refuse import refuse_unfit
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.target import Target, find_target
from tidegate.feature_groups.writing.validate import VERDICT, validate
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.store import Store

# Each round validates the batch by the newest suppression list and the newest buckets of the table. A person is forgotten once.
MOST_ROUNDS = 5


class Again(Enum):
    """Why an attempt to write ended without a commit."""

    IN_ORDER = "rows of the batch have to be put in order first"
    VALIDATED = "people of the batch were forgotten, or the table's buckets changed, since the rows were validated"


def write_group(
    store: Store,
    group: FeatureGroup,
    frame: DataFrame,
    batch: Batch = Batch(),
    limits: WriteLimits = WriteLimits(),
) -> WriteResult:
    """Write one batch by the write contract; the same batch again changes nothing.

    The caller has entered the group's table into the map of subjects. Rows of people who are forgotten while the batch is under
    way are refused like those of people who were forgotten before.

    Args:
        store: The store.
        group: The feature group.
        frame: Its fields, event_time, available_at (NULL: from the group's delay and the batch), where rows may be deleted a
            boolean `_tombstone`: from available_at on the row of this key and event_time no longer holds; and where it is
            known the rows' `_origin`, for the quarantine.
        batch: What is known of the batch.
        limits: The sizes at which the write takes another way.

    Raises:
        SchemaMismatchError: Columns or types differ from the definition; raised before any job starts.
        ExpectationConditionError: An expectation can't be checked on such columns; raised before any job starts.
        ExpectationFailedError: The batch breaks an expectation that stops it, or is a full state that rows would be held
            back from.
        HeldBackError: More rows would be held back than the group's definition allows.
        DuplicateRowsError: Two different rows claim the same key, event_time and available_at.
        ContradictingRowsError: A row differs from the stored one of the same key, event_time and available_at.
        SettledRowsError: A row would change what was known before the settled moment of the table.
        DefinitionDiffersError, NewVersionNeededError: The table differs from the definition; raised before any job starts.
        InterruptedWriteError: In every round people of the batch were forgotten, or maintenance changed the buckets, before the
            commit; nothing was written.
    """
    refuse_unfit(group, frame, batch)
    create_group_table(store, group)
    for _ in range(MOST_ROUNDS):
        target = find_target(store, group, batch, limits)
        if target.took_batch:
            return WriteResult(group.full_name, target.version, read=0, already_applied=True)
        written = _round(target, frame)
        if isinstance(written, WriteResult):
            return written
    raise InterruptedWriteError(group.full_name, MOST_ROUNDS)


def write_and_record(
    store: Store,
    group: FeatureGroup,
    frame: DataFrame,
    batch: Batch = Batch(),
) -> WriteResult:
    """Write one batch as `write_group` does, and append its statistics to their table.

    A driver killed between the two leaves that commit without statistics; the rows are all there.
    """
    result = write_group(store, group, frame, batch)
    record_statistics(store, [commit_statistics(group, result, batch.id)])
    return result


def _round(target: Target, frame: DataFrame) -> WriteResult | Again:
    """Validate the batch, and try to write it: first as its rows came, where that may do, then with its rows in order."""
    written: WriteResult | Again = Again.VALIDATED
    with ThreadPoolExecutor(1, thread_name_prefix="tidegate") as side:
        for ordered in ways_to_order(validate(target, frame)):
            written = _attempt(ordered, side)
            if written is not Again.IN_ORDER:
                break
    return written


def _attempt(ordered: OrderedRows, side: Executor) -> WriteResult | Again:
    admitted = admit(ordered, side)
    if admitted is None:
        return Again.IN_ORDER
    # Held from the comparison to the commit: another driver's commit in between would make the counts wrong.
    with exclusive(ordered.target.store.spark, ordered.target.path):
        still_valid = _checked_again(admitted)
        if still_valid is None:
            return Again.VALIDATED
        compared = compare(still_valid)
        return Again.IN_ORDER if compared is None else record(commit(compared))


def _checked_again(admitted: AdmittedRows) -> AdmittedRows | None:
    """Look again, under the table's lock, at what the rows were validated by; None where they have to be validated again."""
    target = admitted.target
    # If the table evolved in between, the batch lacks its new columns: that is refused here.
    if stored_buckets(target.store.spark, target.path, target.group) != target.buckets:
        return None
    check = admitted.check.renewed(admitted.rows.where(f"{VERDICT} <> 'suppressed'"))
    return None if check is None else replace(admitted, check=check)
