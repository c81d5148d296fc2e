"""Compute the attributes of aircraft."""

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate import Period
from tidegate_examples.flight_delays.groups import PLANE_ATTRIBUTES


def build(sources: Mapping[str, DataFrame], period: Period) -> DataFrame:
    """Return all planes. The register was published once, before any period, so that every batch has the same rows."""
    times = {"event_time": F.col("published_at"), "available_at": F.col("published_at")}
    return sources["planes"].withColumns(times).select(PLANE_ATTRIBUTES.schema.fieldNames())
