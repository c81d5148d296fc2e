"""Write rows from a group's quarantine again, after its definition, or data that they refer to, was corrected."""

from dataclasses import dataclass, replace
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from tidegate.expectations.row_checks import BROKEN, broken_bits, refusal
from tidegate.feature_groups.definition import AVAILABLE_AT, TOMBSTONE, FeatureGroup
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.group_row_checks import row_checks
from tidegate.feature_groups.writing.result import WriteResult
from tidegate.feature_groups.writing.write import write_and_record
from tidegate.moments import moment_column, require_moment
from tidegate.quarantine.table import ID, OCCURRENCES, ORIGIN, ROW, Quarantine, origin
from tidegate.schema import EXACT_JSON
from tidegate.tables.store import Store

# These names begin with an underscore, because a group may have columns with the names of the quarantine's own columns.
_ID, _OCCURRENCES = "_id", "_occurrences"


@dataclass(frozen=True)
class RequeueResult:
    """The result of a requeue.

    Attributes:
        name: The feature group or source.
        held: The number of rows in the quarantine before. Identical rows, which are stored once, are all counted.
        released: The number of these rows that meet the definition now.
        written: The result of writing the released rows; None if there were none or it was a dry run.
    """

    name: str
    held: int
    released: int
    written: WriteResult | None = None

    @property
    def summary(self) -> str:
        """The counts, in one line."""
        written = f"; {self.written.summary}" if self.written else ""
        return f"{self.held:,} rows held back, {self.released:,} released, {self.held - self.released:,} stay{written}"


def requeue_group(
    store: Store,
    group: FeatureGroup,
    known_from: datetime | None = None,
    dry_run: bool = False,
) -> RequeueResult:
    """Write the rows of a group's quarantine that meet its definition now, and delete them from the quarantine.

    If the driver is killed in between, the rows are in both tables. The next run writes them again, which changes nothing, and
    deletes them from the quarantine.

    Args:
        store: The store.
        group: The feature group, as it is defined now.
        known_from: The earliest `available_at` of a released row. Give it if nobody could read the rows before this moment. With
            None each row keeps the `available_at` of its batch, which is right for a load of history.
        dry_run: If true, count the rows and change nothing.

    Raises:
        NaiveMomentError: known_from has no time zone.
        TidegateError: `write_group` refuses the released rows. They stay in the quarantine.
    """
    require_moment(known_from, "known_from of a requeue")
    quarantine = Quarantine(store, group.full_name, bool(group.subjects))
    held = quarantine.rows()
    checks = row_checks(group)
    judged = _as_received(held, group).withColumn(BROKEN, broken_bits(checks))
    released = judged.where(f"{refusal(checks)} IS NULL").drop(BROKEN).localCheckpoint(eager=False)
    counts = held.agg(F.sum(OCCURRENCES).alias("held")).first()
    freed = released.agg(F.sum(_OCCURRENCES).alias("released")).first()
    result = RequeueResult(group.full_name, (counts and counts["held"]) or 0, (freed and freed["released"]) or 0)
    if result.released == 0 or dry_run:
        return result
    rows = released.drop(_ID, _OCCURRENCES)
    if known_from is not None:
        rows = rows.withColumn(AVAILABLE_AT, F.greatest(F.col(AVAILABLE_AT), moment_column(known_from)))
    written = write_and_record(store, group, rows, Batch())
    quarantine.remove(released.select(_ID))
    return replace(result, written=written)


def _as_received(held: DataFrame, group: FeatureGroup) -> DataFrame:
    """Parse the quarantined rows with the current definition of the group. Columns that were added since then are NULL."""
    fields = [*group.schema.fields, T.StructField(TOMBSTONE, T.BooleanType())]
    row = F.from_json(ROW, T.StructType(fields), {**EXACT_JSON, "mode": "FAILFAST"})
    columns = [F.col(f"_row.`{field.name}`").alias(field.name) for field in fields]
    place = origin(F.col("source"), F.col("file"), F.col("line")).alias(ORIGIN)
    return held.withColumn("_row", row).select(F.col(ID).alias(_ID), F.col(OCCURRENCES).alias(_OCCURRENCES), place, *columns)
