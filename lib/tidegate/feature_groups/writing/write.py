"""Write a batch into a feature group: this module calls the steps of a write in their order and returns the counts."""

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
from tidegate.feature_groups.writing.order import OrderedRows, ways_to_order
from tidegate.feature_groups.writing.record import record
from tidegate.feature_groups.writing.refuse import refuse_unfit
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.target import Target, find_target
from tidegate.feature_groups.writing.validate import VERDICT, validate
from tidegate.feature_groups.writing.write_sizes import WriteSizes
from tidegate.tables.commits.commit_lock import exclusive
from tidegate.tables.read import table_tokens
from tidegate.tables.store import Store

# Each round validates the batch with the newest suppression list and the current buckets of the table. Another round is needed
# only if people of the batch are forgotten, or the buckets change, during a round. So a few rounds are enough.
MOST_ROUNDS = 5


class Again(Enum):
    """The reason why an attempt to write ended without a commit."""

    IN_ORDER = "the rows of the batch must be ordered first"
    VALIDATED = "since the rows were validated, people of the batch were forgotten or the buckets of the table changed"


def write_group(
    store: Store,
    group: FeatureGroup,
    frame: DataFrame,
    batch: Batch = Batch(),
    sizes: WriteSizes = WriteSizes(),
) -> WriteResult:
    """Write one batch into a feature group, as the write contract says. Writing the same batch again changes nothing.

    Before the call, the caller must enter the group's table into the map of subjects. The store does not write rows of erased
    people. This includes people who are erased while the batch is being written.

    Args:
        store: The store.
        group: The feature group.
        frame: The rows of the batch. The columns are the fields of the group, event_time and available_at. If available_at is
            NULL, the store computes it from the group's delay and the arrival of the batch. Two columns are optional: a boolean
            `_tombstone` (true: from available_at on, the row of this key and event_time no longer holds) and `_origin` (where
            the row was read; the quarantine stores it).
        batch: The id, the kind and the arrival of the batch.
        sizes: The sizes at which the write chooses another way to compare and commit.

    Raises:
        SchemaMismatchError: Columns or types differ from the definition; raised before any job starts.
        ExpectationConditionError: An expectation can't be checked on these columns; raised before any job starts.
        ExpectationFailedError: The batch breaks an expectation that stops it; or it is a full state, and rows of it would go to
            the quarantine.
        HeldBackError: More rows would go to the quarantine than the definition of the group allows.
        DuplicateRowsError: Two rows of the batch have the same key, event_time and available_at, but different values.
        ContradictingRowsError: A row has the same key, event_time and available_at as a stored row, but different values.
        ImmutableRowsError: The group is immutable, and a row would change an event of it.
        SettledRowsError: A row would change what was known before the settled moment of the table.
        DefinitionDiffersError, NewVersionNeededError: The table differs from the definition; raised before any job starts.
        OvertakenStepError: The batch is the result of a step, and another run of the step was committed first.
        InterruptedWriteError: In every round, people of the batch were forgotten or maintenance changed the buckets before the
            commit. Nothing was written.
    """
    refuse_unfit(group, frame, batch)
    create_group_table(store, group)
    for _ in range(MOST_ROUNDS):
        target = find_target(store, group, batch, sizes)
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
    """Write one batch as `write_group` does, and append its statistics to the table of statistics.

    If the driver is killed between the two, all rows are written, but the commit has no statistics.
    """
    result = write_group(store, group, frame, batch)
    record_statistics(store, [commit_statistics(group, result, batch.id)])
    return result


def _round(target: Target, frame: DataFrame) -> WriteResult | Again:
    """Validate the batch and try to write it: first with unordered rows if that may be enough, then with ordered rows."""
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
    # The lock is held from the comparison to the commit, because a commit of another driver in between would make the counts
    # wrong.
    with exclusive(ordered.target.store.spark, ordered.target.path):
        still_valid = _checked_again(admitted)
        if still_valid is None:
            return Again.VALIDATED
        compared = compare(still_valid)
        committed = None if compared is None else commit(compared)
        return Again.IN_ORDER if committed is None else record(committed)


def _checked_again(admitted: AdmittedRows) -> AdmittedRows | None:
    """Check, under the table's lock, that the validation still holds; return None if the rows must be validated again."""
    target = admitted.target
    # If the table got new columns in the meantime, the batch does not have them. This call then raises an error.
    if stored_buckets(target.store.spark, target.path, target.group) != target.buckets:
        return None
    if target.batch.is_always_committed:
        target.batch.require_next(table_tokens(target.store.spark, target.path))
    check = admitted.check.renewed(admitted.rows.where(f"{VERDICT} <> 'suppressed'"))
    return None if check is None else replace(admitted, check=check)
