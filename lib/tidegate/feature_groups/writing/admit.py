"""Step 4 of a write: decide by the counts whether the batch may be written, and put its quarantined rows into the quarantine."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.errors import DuplicateRowsError, ExpectationFailedError, HeldBackError, HeldReason, ImmutableRowsError
from tidegate.expectations.batch_checks import Complaints, batch_complaints, complaints
from tidegate.expectations.row_checks import BROKEN, broken_names
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.writing.counts import BatchCounts, count
from tidegate.feature_groups.writing.group_relations import Relations
from tidegate.feature_groups.writing.group_row_checks import row_checks
from tidegate.feature_groups.writing.order import OrderedRows
from tidegate.feature_groups.writing.shown_key import shown_key
from tidegate.feature_groups.writing.target import Target
from tidegate.feature_groups.writing.validate import IS_ACCEPTED, VERDICT
from tidegate.quarantine.held_share import is_too_much
from tidegate.quarantine.table import ORIGIN, ORIGIN_TYPE, Quarantine
from tidegate.schema import EXACT_JSON
from tidegate.subjects.identity import held_text
from tidegate.subjects.suppression_check import SuppressionCheck

_SHOWN_REASONS = 5
_IN_STATES = " (a full state is taken whole: a row in the quarantine would look as if the source no longer had it)"


@dataclass(frozen=True)
class AdmittedRows:
    """A batch that may be written. Its quarantined rows are already in the quarantine.

    Attributes:
        target: The table that the batch is written to.
        check: The suppression list that was used.
        rows: All rows of the batch, as in `OrderedRows.rows`.
        in_order: As in `OrderedRows.in_order`.
        counts: The number of rows of each verdict, and the times and buckets of the accepted ones.
        warnings: One text for each expectation that the batch breaks but that doesn't stop it.
    """

    target: Target
    check: SuppressionCheck
    rows: DataFrame
    in_order: bool
    counts: BatchCounts
    warnings: tuple[str, ...]

    @property
    def accepted(self) -> DataFrame:
        """The accepted rows, with the columns of the table."""
        return self.rows.where(IS_ACCEPTED).drop(VERDICT, BROKEN, ORIGIN)


def admit(ordered: OrderedRows, side: Executor) -> AdmittedRows | None:
    """Count the rows. Then refuse the batch, or put its quarantined rows into the quarantine, as the definition says.

    Args:
        ordered: The rows.
        side: An executor for jobs that can run while the caller goes on.

    Returns:
        The admitted batch. None if the rows must be ordered before this can be decided; then nothing was written.

    Raises:
        DuplicateRowsError: Two rows of one observation have different values.
        ImmutableRowsError: The group is immutable, and the batch has tombstones or two rows of one event with different values.
        ExpectationFailedError: The batch breaks an expectation that stops it; or it is a full state, and rows of it would go to
            the quarantine.
        HeldBackError: More rows would go to the quarantine than the definition allows.
    """
    target, counts = ordered.target, count(ordered, side)
    # Only ordered rows show which ones a newer row replaces. Such a row neither goes to the quarantine nor stops the batch.
    if not ordered.in_order and (counts.quarantined or counts.failed):
        return None
    _refuse_conflicts(counts, ordered)
    found = _complaints(counts, ordered)
    if found.stopping and not ordered.in_order:
        return None
    if found.stopping:
        raise ExpectationFailedError(_where(target), found.stopping)
    _refuse_mostly_held(counts, ordered)
    if counts.quarantined:
        # This happens before the data is committed. If the driver is killed in between, the next run finds these rows in the
        # quarantine and does not add them again.
        _hold_back(ordered)
    return AdmittedRows(target, ordered.check, ordered.rows, ordered.in_order, counts, found.warnings)


def _where(target: Target) -> str:
    return f"feature group {target.group.full_name}"


def _refuse_conflicts(counts: BatchCounts, ordered: OrderedRows) -> None:
    if counts.conflicting:
        group = ordered.target.group
        example = ordered.rows.where(f"{VERDICT} = 'conflicting'").select(shown_key(group).alias("key")).first()
        error = ImmutableRowsError if group.immutable else DuplicateRowsError
        raise error(group.full_name, counts.conflicting, example["key"] if example else "")


def _complaints(counts: BatchCounts, ordered: OrderedRows) -> Complaints:
    target, group = ordered.target, ordered.target.group
    accepted = ordered.rows.where(IS_ACCEPTED)
    look_up = Relations(target.store, group, accepted, counts.statistics).look_up
    found = batch_complaints(accepted, group.batch_expectations, target.batch.arrived_at, look_up)
    broken = {check: counts.broken[check.name] for check in row_checks(group) if check.name in counts.broken}
    stops = {"fail": ""} if target.batch.state is None else {"fail": "", "quarantine": _IN_STATES}
    return complaints(found, broken, stops)


def _refuse_mostly_held(counts: BatchCounts, ordered: OrderedRows) -> None:
    """Refuse the batch if too many rows would go to the quarantine. The error has the commonest reasons, each with an example."""
    group, rows = ordered.target.group, counts.read - counts.suppressed
    if not is_too_much(counts.quarantined, rows, group.may_hold_back):
        return
    commonest = _commonest_reasons(counts.broken, group)
    reasons = broken_names(row_checks(group)).alias("reasons")
    place = [_place(), shown_key(group)] if ORIGIN in ordered.rows.columns else [shown_key(group)]
    held = ordered.rows.where(f"{VERDICT} = 'quarantined'").select(reasons, F.concat_ws(": ", *place).alias("shown"))
    wanted = [F.min(F.when(F.array_contains("reasons", name), F.col("shown"))) for name, _ in commonest]
    found = held.agg(*wanted).first() or [""] * len(commonest)
    listed = [HeldReason(name, broken, found[number] or "") for number, (name, broken) in enumerate(commonest)]
    raise HeldBackError(_where(ordered.target), (counts.quarantined, rows), group.may_hold_back, listed)


def _commonest_reasons(broken: Mapping[str, int], group: FeatureGroup) -> list[tuple[str, int]]:
    holding = {each.name for each in row_checks(group) if each.action == "quarantine"}
    ranked = sorted(broken.items(), key=lambda item: -item[1])
    return [(name, rows) for name, rows in ranked if name in holding][:_SHOWN_REASONS]


def _place() -> Column:
    return F.concat_ws(", line ", F.col(f"{ORIGIN}.file"), F.col(f"{ORIGIN}.line").cast("string"))


def _hold_back(ordered: OrderedRows) -> None:
    """Add the quarantined rows to the group's quarantine."""
    target, group = ordered.target, ordered.target.group
    held = ordered.rows.where(f"{VERDICT} = 'quarantined'").select(
        F.to_json(F.struct(*group.stored_schema.names[:-1]), EXACT_JSON).alias("row"),
        F.lit(None).cast("map<string,string>").alias("cells"),
        broken_names(row_checks(group)).alias("reasons"),
        *_origin(ordered.rows),
        _first_person(group).alias("subject"),
    )
    quarantine = Quarantine(target.store, group.full_name, bool(group.subjects))
    quarantine.add(held, target.batch.id, datetime.now(UTC), target.batch.arrived_at)


def _first_person(group: FeatureGroup) -> Column:
    if not group.subjects:
        return F.lit(None).cast("string")
    return held_text(group.subjects[0], group.schema[group.subjects[0]].dataType)


def _origin(rows: DataFrame) -> list[Column]:
    if ORIGIN in rows.columns:
        return [F.col(f"{ORIGIN}.{name}").alias(name) for name in ORIGIN_TYPE.names]
    return [F.lit(None).cast(field.dataType).alias(field.name) for field in ORIGIN_TYPE.fields]
