"""Stop a batch that is not as expected, and hold back the rows that may not go in."""

from datetime import UTC, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.errors import ExpectationFailedError
from tidegate.expectations.batch_checks import batch_complaints
from tidegate.expectations.batch_expectation import LastBatch
from tidegate.feature_groups.batch import Batch
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.incoming import STANDING, IncomingFacts
from tidegate.feature_groups.row_checks import RowChecks
from tidegate.quarantine.table import ORIGIN, ORIGIN_TYPE, Quarantine

# What `from_json` reads back to the last digit; Spark's own default form of a timestamp has milliseconds.
JSON = {"timeZone": "UTC", "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"}
_WITHHELD = "a full state is taken whole: a row held back would look as if it had vanished from it"


def refuse_unexpected(facts: IncomingFacts, staged: DataFrame, group: FeatureGroup, batch: Batch) -> tuple[str, ...]:
    """Raise ExpectationFailedError where the batch must not be written; return what is to be warned of."""
    found = batch_complaints(staged.where(F.col(STANDING) == "winner"), group.batch_expectations, batch.arrived_at, LastBatch())
    complaints = {name: text for name, text in found.items() if _action(group, name) == "fail"}
    stopping = {"fail", "quarantine"} if batch.state is not None else {"fail"}
    for check in RowChecks.of(group).expectations:
        rows = facts.broken.get(check.name, 0)
        if rows and check.action in stopping:
            why = "" if check.action == "fail" else f" ({_WITHHELD})"
            complaints[check.name] = f"{rows:,} of {facts.read:,} rows break it{why}"
    if complaints:
        raise ExpectationFailedError(f"feature group {group.full_name}", complaints)
    warned = [f"{name}: {text}" for name, text in found.items()]
    rows_warned = {check.name: facts.broken.get(check.name, 0) for check in group.expectations if check.action == "warn"}
    return (*warned, *(f"{name}: {rows:,} rows break it" for name, rows in rows_warned.items() if rows))


def hold_back(quarantine: Quarantine, staged: DataFrame, group: FeatureGroup, batch: Batch) -> None:
    """Put the batch's quarantined rows into the group's quarantine."""
    held = staged.where(F.col(STANDING) == "quarantined").select(
        F.to_json(F.struct(*group.stored_schema.names[:-1]), JSON).alias("row"),
        F.lit(None).cast("map<string,string>").alias("cells"),
        RowChecks.of(group).reasons().alias("reasons"),
        *_origin(staged),
        (F.col(group.subject).cast("string") if group.subject else F.lit(None).cast("string")).alias("subject"),
    )
    quarantine.add(held, batch.id, datetime.now(UTC))


def _origin(staged: DataFrame) -> list[Column]:
    if ORIGIN in staged.columns:
        return [F.col(f"{ORIGIN}.{name}").alias(name) for name in ORIGIN_TYPE.names]
    return [F.lit(None).cast(field.dataType).alias(field.name) for field in ORIGIN_TYPE.fields]


def _action(group: FeatureGroup, name: str) -> str:
    return next(expectation.action for expectation in group.batch_expectations if expectation.name == name)
