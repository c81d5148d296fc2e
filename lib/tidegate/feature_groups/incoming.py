"""Order the rows of one batch: which of them counts for its key, and what is wrong with the others."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidegate.errors import DuplicateRowsError, NullKeyError
from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, FeatureGroup
from tidegate.subjects.keyed_hash import SubjectKey
from tidegate.subjects.suppression import SUPPRESSED, Suppression

STANDING = "_standing"


@dataclass(frozen=True)
class IncomingFacts:
    """What one pass over a batch tells: counts of rows, and the stretch of event_time it covers (None: no rows)."""

    read: int
    null_keys: int
    conflicting: int
    collapsed: int
    older: int
    suppressed: int
    earliest: datetime | None
    latest: datetime | None


def with_standing(frame: DataFrame, group: FeatureGroup, suppression: Suppression | None) -> DataFrame:
    """Add `_standing`: winner, older, collapsed, conflicting, null_key or suppressed; one row in, one row out."""
    names = list(group.schema.names)
    row = F.struct(*names)
    known_from_delay = F.col(EVENT_TIME) + F.lit(group.delay)
    frame = frame.withColumn(AVAILABLE_AT, F.coalesce(AVAILABLE_AT, known_from_delay))
    if suppression is not None and group.subject is not None:
        frame = suppression.mark(frame, group.subject)
    else:
        frame = frame.withColumn(SUPPRESSED, F.lit(False))
    order = [F.col(AVAILABLE_AT).desc()] + ([F.col(group.sequence).desc()] if group.sequence else [])
    newest_first = Window.partitionBy(SUPPRESSED, *group.entity_key, EVENT_TIME).orderBy(*order)
    equals_winner = row.eqNullSafe(F.first(row).over(newest_first))
    standing = (
        F.when(F.col(SUPPRESSED), "suppressed")
        .when(_any_null(group), "null_key")
        .when(F.row_number().over(newest_first) == 1, "winner")
        .when(F.rank().over(newest_first) > 1, "older")
        .when(equals_winner, "collapsed")
        .otherwise("conflicting")
    )
    return frame.withColumn(STANDING, standing).select(*names, STANDING)


def incoming_facts(staged: DataFrame, group: FeatureGroup) -> IncomingFacts:
    """Count the rows of each standing; one action."""
    is_winner = F.col(STANDING) == "winner"
    counts = [_count(name) for name in ("null_key", "conflicting", "collapsed", "older", "suppressed")]
    facts = staged.agg(
        F.count(F.lit(1)).alias("read"),
        *counts,
        F.min(F.when(is_winner, F.col(EVENT_TIME))).cast("double").alias("earliest"),
        F.max(F.when(is_winner, F.col(EVENT_TIME))).cast("double").alias("latest"),
    ).first()
    if facts is None:
        raise RuntimeError("an aggregate without grouping returned no row")
    return IncomingFacts(
        facts["read"],
        facts["null_key"],
        facts["conflicting"],
        facts["collapsed"],
        facts["older"],
        facts["suppressed"],
        _moment(facts["earliest"]),
        _moment(facts["latest"]),
    )


def refuse_bad_rows(facts: IncomingFacts, staged: DataFrame, group: FeatureGroup) -> None:
    """Raise NullKeyError or DuplicateRowsError where the batch breaks the write contract."""
    if facts.null_keys:
        raise NullKeyError(group.full_name, facts.null_keys, (*group.entity_key, EVENT_TIME))
    if facts.conflicting:
        example = staged.where(F.col(STANDING) == "conflicting").select(_shown_key(group).alias("key")).first()
        raise DuplicateRowsError(group.full_name, facts.conflicting, example["key"] if example else "")


def _any_null(group: FeatureGroup) -> Column:
    condition = F.col(EVENT_TIME).isNull()
    for name in group.entity_key:
        condition = condition | F.col(name).isNull()
    return condition


def _count(standing: str) -> Column:
    return F.count_if(F.col(STANDING) == standing).alias(standing)


def _shown_key(group: FeatureGroup) -> Column:
    """The key as a message may show it: personal columns as keyed hashes."""
    key = SubjectKey.for_this_process()
    shown = [
        F.concat(
            F.lit(f"{name}="),
            key.column(name).substr(1, 16) if name in group.personal_columns else F.col(name).cast("string"),
        )
        for name in (*group.entity_key, EVENT_TIME)
    ]
    return F.concat_ws(", ", *shown)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
