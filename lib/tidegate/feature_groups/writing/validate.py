"""Step 2 of a write: fill in the missing times of each row, check each row by itself and add its verdict. No job starts."""

from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.expectations.row_checks import BROKEN, broken_bits, refusal
from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.group_row_checks import row_checks
from tidegate.feature_groups.writing.target import Target
from tidegate.moments import LAST, moment_column
from tidegate.quarantine.table import ORIGIN
from tidegate.schema import quoted
from tidegate.subjects.suppression import SUPPRESSED
from tidegate.subjects.suppression_check import SuppressionCheck, suppression_check
from tidegate.tables.buckets import bucket_of

# The column with the verdict of a row: whether the write accepts it and, if not, why.
VERDICT = "_verdict"
ACCEPTED = "accepted"
IS_ACCEPTED = f"{VERDICT} = '{ACCEPTED}'"


@dataclass(frozen=True)
class ValidatedRows:
    """The rows of a batch, each checked by itself.

    Attributes:
        target: The table that the rows are written to.
        check: The suppression list that was used.
        rows: The columns of the table; `_origin` if the batch has it; `_broken`, a number with one bit for each check that the
            row does not pass; and `_verdict`: `suppressed`, `failed`, `quarantined`, `dropped`, `conflicting` for tombstones in
            an immutable group, or `accepted` for all others.
    """

    target: Target
    check: SuppressionCheck
    rows: DataFrame


def validate(target: Target, frame: DataFrame) -> ValidatedRows:
    """Fill in the columns that a batch may leave out, and check each row. The result has one row for each row of the batch.

    Raises:
        MissingSecretError, WrongSecretError: People were erased, and the environment has no key, or a wrong key, to recognise
            them by.
    """
    check = suppression_check(target.store, target.path, target.group.subjects)
    checks = row_checks(target.group)
    rows = _completed(frame, target.group, target.batch)
    rows = rows.withColumns({BUCKET: bucket_of(target.group.entity_key, target.buckets), BROKEN: broken_bits(checks)})
    refused = refusal(checks)
    if target.group.immutable:
        refused = f"coalesce({refused}, if({TOMBSTONE}, 'conflicting', NULL))"
    if check.suppression is not None:
        rows = check.mark(rows)
        refused = f"if({SUPPRESSED}, 'suppressed', {refused})"
    rows = rows.withColumn(VERDICT, F.expr(f"coalesce({refused}, '{ACCEPTED}')")).drop(SUPPRESSED)
    return ValidatedRows(target, check, _with_needed_origin(rows))


def _with_needed_origin(rows: DataFrame) -> DataFrame:
    """Keep the origin of quarantined rows only: nobody asks for that of the others, and it would be copied with every row."""
    if ORIGIN not in rows.columns:
        return rows
    return rows.withColumn(ORIGIN, F.expr(f"if({VERDICT} = 'quarantined', {ORIGIN}, NULL)"))


def _completed(frame: DataFrame, group: FeatureGroup, batch: Batch) -> DataFrame:
    """Fill in when each row became known and whether it is a tombstone. A tombstone gets NULL in all features."""
    is_tombstone = F.coalesce(F.col(TOMBSTONE), F.lit(False)) if TOMBSTONE in frame.columns else F.lit(False)
    # Every row of a full state is known from the moment of the state on, whatever its own `available_at` is.
    known = when_known(group, batch.arrived_at) if batch.state is None else moment_column(batch.state.moment)
    place = [ORIGIN] if ORIGIN in frame.columns else []
    frame = frame.withColumns({TOMBSTONE: is_tombstone, AVAILABLE_AT: known})
    values = [f"if({TOMBSTONE}, NULL, {name}) AS {name}" for name in map(quoted, group.feature_names)]
    return frame.selectExpr(*map(quoted, group.entity_key), *values, EVENT_TIME, AVAILABLE_AT, TOMBSTONE, *place)


def when_known(group: FeatureGroup, arrived_at: datetime | None) -> Column:
    """Return when a row of changes became known: its own `available_at`, else computed from the delay and the arrival."""
    # Spark could store a moment after the end of Python's calendar, but Python could not read it. `least` can't be used here,
    # because it ignores NULL.
    known = F.col(EVENT_TIME) + F.lit(group.delay)
    known = F.when(known > moment_column(LAST), moment_column(LAST)).otherwise(known)
    if arrived_at is not None:
        known = F.greatest(known, moment_column(arrived_at))
    return F.coalesce(AVAILABLE_AT, known)
