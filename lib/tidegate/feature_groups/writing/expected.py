"""Stop a batch that is not as expected, and hold back the rows that may not go in."""

from datetime import UTC, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.errors import HeldBackError, HeldReason
from tidegate.expectations.batch_checks import batch_complaints, refuse_or_warn
from tidegate.expectations.row_checks import broken_names
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.incoming import STANDING, IncomingFacts
from tidegate.feature_groups.writing.relations import Relations
from tidegate.feature_groups.writing.row_checks import row_checks
from tidegate.feature_groups.writing.shown_key import shown_key
from tidegate.quarantine.held_share import is_too_much
from tidegate.quarantine.table import ORIGIN, ORIGIN_TYPE, Quarantine
from tidegate.schema import EXACT_JSON
from tidegate.subjects.identity import held_text
from tidegate.tables.store import Store

_SHOWN_REASONS = 5
_IN_STATES = " (a full state is taken whole: a row held back would look as if it had vanished from it)"


def refuse_unexpected(
    store: Store, facts: IncomingFacts, staged: DataFrame, group: FeatureGroup, batch: Batch
) -> tuple[str, ...]:
    """Raise ExpectationFailedError where the batch must not be written; return what is to be warned of."""
    winners = staged.where(F.col(STANDING) == "winner")
    look_up = Relations(store, group, winners, facts.statistics).look_up
    found = batch_complaints(winners, group.batch_expectations, batch.arrived_at, look_up)
    broken = {check: facts.broken[check.name] for check in row_checks(group) if check.name in facts.broken}
    stops = {"fail": ""} if batch.state is None else {"fail": "", "quarantine": _IN_STATES}
    return refuse_or_warn(f"feature group {group.full_name}", found, broken, stops)


def refuse_mostly_held(facts: IncomingFacts, staged: DataFrame, group: FeatureGroup) -> None:
    """Raise HeldBackError where more rows would be held back than may be; it names the commonest reasons with a row of each."""
    rows = facts.read - facts.suppressed
    if not is_too_much(facts.quarantined, rows, group.may_hold_back):
        return
    holding = {each.name for each in row_checks(group) if each.action == "quarantine"}
    ranked = sorted(facts.broken.items(), key=lambda item: -item[1])
    commonest = [(name, count) for name, count in ranked if name in holding][:_SHOWN_REASONS]
    reasons = broken_names(row_checks(group)).alias("reasons")
    place = [_place(staged), shown_key(group)] if ORIGIN in staged.columns else [shown_key(group)]
    held = staged.where(F.col(STANDING) == "quarantined").select(reasons, F.concat_ws(": ", *place).alias("shown"))
    wanted = [F.min(F.when(F.array_contains("reasons", name), F.col("shown"))) for name, _ in commonest]
    found = held.agg(*wanted).first() or [""] * len(commonest)
    listed = [HeldReason(name, count, found[number] or "") for number, (name, count) in enumerate(commonest)]
    raise HeldBackError(f"feature group {group.full_name}", (facts.quarantined, rows), group.may_hold_back, listed)


def _place(staged: DataFrame) -> Column:
    return F.concat_ws(", line ", F.col(f"{ORIGIN}.file"), F.col(f"{ORIGIN}.line").cast("string"))


def hold_back(quarantine: Quarantine, staged: DataFrame, group: FeatureGroup, batch: Batch) -> None:
    """Put the batch's quarantined rows into the group's quarantine."""
    held = staged.where(F.col(STANDING) == "quarantined").select(
        F.to_json(F.struct(*group.stored_schema.names[:-1]), EXACT_JSON).alias("row"),
        F.lit(None).cast("map<string,string>").alias("cells"),
        broken_names(row_checks(group)).alias("reasons"),
        *_origin(staged),
        _first_person(group).alias("subject"),
    )
    quarantine.add(held, batch.id, datetime.now(UTC), batch.arrived_at)


def _first_person(group: FeatureGroup) -> Column:
    if not group.subjects:
        return F.lit(None).cast("string")
    return held_text(group.subjects[0], group.schema[group.subjects[0]].dataType)


def _origin(staged: DataFrame) -> list[Column]:
    if ORIGIN in staged.columns:
        return [F.col(f"{ORIGIN}.{name}").alias(name) for name in ORIGIN_TYPE.names]
    return [F.lit(None).cast(field.dataType).alias(field.name) for field in ORIGIN_TYPE.fields]
