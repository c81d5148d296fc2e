"""Explain a join for one entity and moment: list every row of a group, and say why the join chose or rejected it."""

from collections.abc import Mapping
from datetime import datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TOMBSTONE
from tidegate.moments import moment_column
from tidegate.point_in_time.feature_rows import FeatureRows

CHOSEN, NOT_YET_KNOWN, TOO_OLD = "chosen", "not yet known", "too old"
CORRECTED, SUPERSEDED, WITHDRAWN = "superseded by a later observation", "superseded by a newer event", "no longer holds"


def explained_rows(rows: FeatureRows, entity: Mapping[str, Column], moment: datetime, hidden: frozenset[str]) -> DataFrame:
    """Return every row of one entity: event_time, available_at, age in seconds, verdict, and the features as JSON.

    The verdicts follow the definition of the join, with windows over the rows of the entity. No join strategy is involved.

    Args:
        rows: The group's rows, as a join gets them.
        entity: A value for each column of the entity key.
        moment: The label time.
        hidden: Features that are left out of the JSON, because their values are personal.
    """
    known = rows.known_at
    matches = known.isNotNull() & F.col(EVENT_TIME).isNotNull()
    for name in rows.entity_key:
        matches = matches & (F.col(f"`{name}`") == entity[name])
    tombstone = F.coalesce(F.col(TOMBSTONE), F.lit(False)) if rows.has_tombstones else F.lit(False)
    at = moment_column(moment)
    is_known = known <= at if rows.boundary == "inclusive" else known < at
    sequence = [F.col(f"`{rows.sequence}`")] if rows.sequence else []
    shown = [F.col(f"`{name}`") for name in rows.features if name not in hidden]
    seen = rows.frame.where(matches).select(
        EVENT_TIME,
        known.alias(AVAILABLE_AT),
        tombstone.alias(TOMBSTONE),
        F.coalesce(is_known, F.lit(False)).alias("_known"),
        F.to_json(F.struct(*shown), {"ignoreNullFields": "false"}).alias("features") if shown else F.lit("{}").alias("features"),
        F.struct(F.col(EVENT_TIME), known, *sequence).alias("_order"),
    )
    young_enough = F.lit(True) if rows.lookback is None else F.col(EVENT_TIME) > at - F.lit(rows.lookback)
    verdict = F.when(~F.col("_known"), NOT_YET_KNOWN).otherwise(_verdict(young_enough))
    age = (F.unix_micros(at) - F.unix_micros(F.col(EVENT_TIME))) / 1_000_000
    result = _with_winners(seen).withColumn("verdict", verdict)
    return result.select(EVENT_TIME, AVAILABLE_AT, age.alias("age_seconds"), "verdict", "features")


def _with_winners(seen: DataFrame) -> DataFrame:
    """Add `_latest`, whether a row is the last known observation of its event, and `_newest`, the newest event in force."""
    by_event = Window.partitionBy("_known", EVENT_TIME)
    latest = seen.withColumn("_latest", F.col("_order") == F.max("_order").over(by_event))
    stands = F.col("_known") & F.col("_latest") & ~F.col(TOMBSTONE)
    whole = Window.partitionBy("_known")
    return latest.withColumn("_newest", F.max(F.when(stands, F.col(EVENT_TIME))).over(whole))


def _verdict(young_enough: Column) -> Column:
    return (
        F.when(~F.col("_latest"), CORRECTED)
        .when(F.col(TOMBSTONE), WITHDRAWN)
        .when(F.col(EVENT_TIME) < F.col("_newest"), SUPERSEDED)
        .when(young_enough, CHOSEN)
        .otherwise(TOO_OLD)
    )
