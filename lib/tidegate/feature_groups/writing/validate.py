"""Step 2 of a write: complete each row, and give it a verdict of its own. No job starts."""

from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.expectations.row_checks import BROKEN, broken_bits, refusal
from tidegate.feature_groups.definition import AVAILABLE_AT, BUCKET, EVENT_TIME, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.row_checks import row_checks
from tidegate.feature_groups.writing.target import Target
from tidegate.moments import LAST, moment_column
from tidegate.quarantine.table import ORIGIN
from tidegate.schema import quoted
from tidegate.subjects.suppression import SUPPRESSED
from tidegate.subjects.suppression_check import SuppressionCheck, suppression_check
from tidegate.tables.buckets import bucket_of

# What the write does with a row of the batch.
VERDICT = "_verdict"
ACCEPTED = "accepted"
IS_ACCEPTED = f"{VERDICT} = '{ACCEPTED}'"


@dataclass(frozen=True)
class ValidatedRows:
    """Rows of a batch that were looked at one by one.

    Attributes:
        target: The table that they go into.
        check: The suppression list that they were validated by.
        rows: The table's columns, `_origin` where the batch has it, `_broken` (a bit for each check that the row breaks) and
            `_verdict`: `suppressed`, `failed`, `quarantined`, `dropped`, or `accepted` for all others.
    """

    target: Target
    check: SuppressionCheck
    rows: DataFrame


def validate(target: Target, frame: DataFrame) -> ValidatedRows:
    """Fill in what a batch leaves to the definition, and check each row; one row in, one row out.

    Raises:
        MissingSecretError, WrongSecretError: People were erased, and the environment has no key, or another one, to know them by.
    """
    check = suppression_check(target.store, target.path, target.group.subjects)
    checks = row_checks(target.group)
    rows = _completed(frame, target.group, target.batch)
    rows = rows.withColumns({BUCKET: bucket_of(target.group.entity_key, target.buckets), BROKEN: broken_bits(checks)})
    refused = refusal(checks)
    if check.suppression is not None:
        rows = check.mark(rows)
        refused = f"if({SUPPRESSED}, 'suppressed', {refused})"
    return ValidatedRows(target, check, rows.withColumn(VERDICT, F.expr(f"coalesce({refused}, '{ACCEPTED}')")).drop(SUPPRESSED))


def _completed(frame: DataFrame, group: FeatureGroup, batch: Batch) -> DataFrame:
    """Fill in when each row became known and whether it is a tombstone; a tombstone has no values."""
    is_tombstone = F.coalesce(F.col(TOMBSTONE), F.lit(False)) if TOMBSTONE in frame.columns else F.lit(False)
    # Every row of a full state is known, as the state has it, from the state's moment on.
    known = when_known(group, batch.arrived_at) if batch.state is None else moment_column(batch.state.moment)
    place = [ORIGIN] if ORIGIN in frame.columns else []
    frame = frame.withColumns({TOMBSTONE: is_tombstone, AVAILABLE_AT: known})
    values = [f"if({TOMBSTONE}, NULL, {name}) AS {name}" for name in map(quoted, group.feature_names)]
    return frame.selectExpr(*map(quoted, group.entity_key), *values, EVENT_TIME, AVAILABLE_AT, TOMBSTONE, *place)


def when_known(group: FeatureGroup, arrived_at: datetime | None) -> Column:
    """Return when a row of a batch of changes became known: its own `available_at`, else what delay and arrival say."""
    # Past the calendar's end a moment could be stored, but nobody could read it in Python. Not `least`, which passes over NULL.
    known = F.col(EVENT_TIME) + F.lit(group.delay)
    known = F.when(known > moment_column(LAST), moment_column(LAST)).otherwise(known)
    if arrived_at is not None:
        known = F.greatest(known, moment_column(arrived_at))
    return F.coalesce(AVAILABLE_AT, known)
