"""Let rows out of a source's quarantine once its declaration was mended."""

from collections import Counter
from dataclasses import replace
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tidegate.feature_groups.batch import Batch
from tidegate.feature_groups.definition import TOMBSTONE
from tidegate.feature_groups.requeue import RequeueResult
from tidegate.moments import require_moment
from tidegate.pipelines.loading import Loading, quarantine_of, write_accepted
from tidegate.quarantine.table import ID, ORIGIN, origin
from tidegate.sources.formats import Csv, Delta, Parquet
from tidegate.sources.judged_rows import AS_READ, BLOCK, FILE, KIND, NUMBER, judged_lines, judged_texts
from tidegate.sources.parquet_files import judged_received
from tidegate.sources.read_files import STANDING, standing
from tidegate.sources.source import Source
from tidegate.tables.layout import Layout


def requeue_source(
    spark: SparkSession, layout: Layout, loading: Loading, arrived_at: datetime | None = None, dry_run: bool = False
) -> RequeueResult:
    """Read the held rows again as the source is declared now, write those that can be read, and let them go.

    The transformation gets the released rows alone: one that needs the rows beside them (a mean over a day) is served by
    loading the file again instead.

    Args:
        spark: The session.
        layout: Where the store lies.
        loading: The source as it is declared now, and its feature group.
        arrived_at: Rows that don't say themselves when they were known are known from then. None as in a load of history.
        dry_run: Count them, and change nothing.
    """
    require_moment(arrived_at, "known_from of a requeue")
    source = loading.source
    quarantine = quarantine_of(spark, layout, source)
    held = quarantine.rows().where(F.col("row").isNotNull() | F.col("cells").isNotNull())
    rows = _judged_again(source, held).withColumn(STANDING, standing(source)).where(F.col(STANDING).isin("accepted", "dropped"))
    places = held.select(F.col(ID), "occurrences", origin(F.lit(source.name), F.col("file"), F.col("line")).alias(ORIGIN))
    released = rows.withColumnRenamed(FILE, ID).join(places, on=ID, how="inner").localCheckpoint(eager=False)
    counts = Counter(
        {row[STANDING]: row["rows"] for row in released.groupBy(STANDING).agg(F.sum("occurrences").alias("rows")).collect()}
    )
    total = quarantine.rows().agg(F.sum("occurrences").alias("held")).first()
    result = RequeueResult(source.quarantine_name, (total and total["held"]) or 0, counts.total())
    if result.released == 0 or dry_run:
        return result
    # A row that is gone is never held back.
    deleted = [F.lit(False).alias(TOMBSTONE)] if isinstance(source.format, Delta) else []
    accepted = released.where(F.col(STANDING) == "accepted").select(*source.names, *deleted, ORIGIN)
    written = write_accepted(spark, layout, loading, accepted, Batch(arrived_at=arrived_at))
    quarantine.remove(released.select(ID))
    return replace(result, written=written)


def _judged_again(source: Source, held: DataFrame) -> DataFrame:
    """Judge the held rows by the source as it is declared now; the file is their id."""
    rows = held.select(
        F.col(ID).alias(FILE), F.lit(0).alias(BLOCK), F.col("line").alias(NUMBER), F.col("row").alias(AS_READ), "cells"
    )
    form = source.format
    if isinstance(form, Parquet | Delta):
        return judged_received(source, rows)
    if isinstance(form, Csv) and form.wide is not None:
        texts = F.struct(*[F.col("cells")[name].alias(name) for name in source.names])
        return judged_texts(source, rows.withColumn(KIND, F.lit("row")), texts, F.when(F.col("cells").isNull(), "not split"))
    return judged_lines(source, form, rows)
