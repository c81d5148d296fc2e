"""Rows that meet the table of a feature group in every way there is, and what each of them does to the table."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from tidegate import FeatureGroup, Field

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
FIELDS = (
    Field("sensor", T.StringType(), "sensor"),
    Field("pm25", T.LongType(), "fine dust"),
    Field("revision", T.LongType(), "of the report"),
)
BATCH = "sensor string, pm25 long, revision long, event_time timestamp, available_at timestamp, _tombstone boolean"
# Value, revision, hours after noon at which it became known, whether it is a tombstone.
Side = tuple[int | None, int | None, int, bool]
OLD: Side = (5, 1, 2, False)
# By the name of the sensor: its stored row, if there is one, its new row, and what that does to a table of the latest rows.
CASES: dict[str, tuple[Side | None, Side, str]] = {
    "nothing stored": (None, OLD, "inserted"),
    "the same": (OLD, OLD, "unchanged"),
    "known again": (OLD, (5, 1, 3, False), "reobserved"),
    "another value": (OLD, (6, 1, 3, False), "updated"),
    "no longer holds": (OLD, (None, None, 3, True), "updated"),
    "known before": (OLD, (6, 1, 1, False), "older"),
    "contradicts": (OLD, (6, 1, 2, False), "conflicting"),
    "higher sequence": (OLD, (6, 2, 2, False), "replaced"),
    "lower sequence": (OLD, (6, 0, 2, False), "superseded"),
    "never there": (None, (None, None, 3, True), "inserted"),
}
# A batch with this row is refused whole.
WRITABLE = {name: case for name, case in CASES.items() if name != "contradicts"}
# Where the table keeps one row an event, the stored row stays in it beside a new row of these effects.
STAYS = ("unchanged", "older", "conflicting", "superseded", "late")


def dust(
    history: Literal["all", "latest"] = "latest", sequence: str | None = "revision", name: str = "dust", **others: object
) -> FeatureGroup:
    chosen = {"history": history, "sequence": sequence, **others}
    return FeatureGroup(name, 1, ("sensor",), FIELDS, "dust", **chosen)  # type: ignore[arg-type]


def hour(number: int) -> datetime:
    return NOON + timedelta(hours=number)


def rows_of(spark: SparkSession, sides: Mapping[str, Side]) -> DataFrame:
    """Make a row of each sensor, as a batch has them."""
    made = [
        (name, pm25, revision, NOON, hour(known), is_tombstone) for name, (pm25, revision, known, is_tombstone) in sides.items()
    ]
    return spark.createDataFrame(made, BATCH)


def stored_sides(cases: Mapping[str, tuple[Side | None, Side, str]]) -> dict[str, Side]:
    return {name: stored for name, (stored, _, _) in cases.items() if stored is not None}


def new_sides(cases: Mapping[str, tuple[Side | None, Side, str]]) -> dict[str, Side]:
    return {name: new for name, (_, new, _) in cases.items()}
