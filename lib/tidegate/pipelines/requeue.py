"""Release rows from the quarantine of a source after its declaration was corrected."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import AVAILABLE_AT
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.feature_groups.storage import map_groups
from tidegate.feature_groups.writing.batch import Batch
from tidegate.feature_groups.writing.requeue import RequeueResult
from tidegate.feature_groups.writing.validate import when_known
from tidegate.feature_groups.writing.write import write_and_record
from tidegate.moments import EPOCH, moment_column, require_moment
from tidegate.pipelines.source_rows import kept_rows, quarantine_of, released_rows
from tidegate.quarantine.arrivals import ARRIVED_AT
from tidegate.quarantine.table import CELLS as HELD_CELLS
from tidegate.quarantine.table import ID, OCCURRENCES, ORIGIN, ROW, origin
from tidegate.sources.judged_rows import AS_READ, BLOCK, CELLS, FILE, NUMBER
from tidegate.sources.read_files import VERDICT, verdict
from tidegate.sources.source import Source
from tidegate.tables.checkpoint import checkpointed_wide
from tidegate.tables.store import Store

_ID, _OCCURRENCES, _ARRIVED_AT = "_id", "_occurrences", "_arrived_at"


def requeue_source(
    store: Store, source: Source, steps: Sequence[FeatureStep], known_from: datetime | None = None, dry_run: bool = False
) -> RequeueResult:
    """Validate the quarantined rows again with the present declaration, write the accepted ones, and remove them.

    The rows go to the steps that take the source's rows as they come. Steps over stored rows see them in the next run of the
    feature pipeline, together with all rows that belong to them.

    Rows that are dropped now are removed from the quarantine too. A row without an `available_at` of its own gets the one that
    its batch would have given it: the arrival of the batch or, for a load of history, the event_time plus the group's delay. If
    the arrival was not recorded (before format 3 of the root), the time when the row was quarantined counts as its arrival.

    Args:
        store: The store.
        source: The source as it is declared now.
        steps: The steps whose only input is the source.
        known_from: The earliest `available_at` that a released row may get, for the case that nobody could know it earlier. None
            leaves the times as above.
        dry_run: Whether to count the rows only, and change nothing.

    Raises:
        SeveralRowsError: A step combines several rows of the source. Nothing was changed.
        NaiveMomentError: `known_from` has no time zone.
    """
    require_moment(known_from, "known_from of a requeue")
    quarantine = quarantine_of(store, source)
    released = checkpointed_wide(_released(source, quarantine.rows()))
    counts, arrivals = _counted(released)
    total = quarantine.rows().agg(F.sum(OCCURRENCES).alias("held")).first()
    result = RequeueResult(source.quarantine_name, (total and total["held"]) or 0, counts.total())
    if result.released == 0:
        return result
    parts = [[_as_known(source, step, released, each, known_from) for each in arrivals] for step in steps]
    if dry_run:
        return result
    map_groups(store, [step.group for step in steps])
    written = None
    for step, rows in zip(steps, parts, strict=True):
        one = write_and_record(store, step.group, reduce(DataFrame.unionByName, rows), Batch())
        written = written or one
    quarantine.remove(released.select(_ID))
    return replace(result, written=written)


def _released(source: Source, held: DataFrame) -> DataFrame:
    """Return the quarantined rows that are accepted or dropped now, with their fields, origin, id, arrival and occurrences."""
    with_text = held.where(F.col(ROW).isNotNull() | F.col(HELD_CELLS).isNotNull())
    judged = _judged_again(source, with_text).withColumn(VERDICT, verdict(source))
    rows = judged.where(F.col(VERDICT).isin("accepted", "dropped")).withColumnRenamed(FILE, _ID)
    # The columns of the quarantine are renamed, because a field of the source may have the same name.
    places = with_text.select(
        F.col(ID).alias(_ID),
        F.col(OCCURRENCES).alias(_OCCURRENCES),
        F.unix_micros(ARRIVED_AT).alias(_ARRIVED_AT),
        origin(F.lit(source.name), F.col("file"), F.col("line")).alias(ORIGIN),
    )
    return rows.join(places, on=_ID, how="inner")


def _counted(released: DataFrame) -> tuple[Counter[str], list[datetime | None]]:
    """Count the rows of each verdict, and return the different arrivals of their batches. One row per batch is collected."""
    found = released.groupBy(VERDICT, _ARRIVED_AT).agg(F.sum(_OCCURRENCES).alias("rows")).collect()
    counts: Counter[str] = Counter()
    for row in found:
        counts[row[VERDICT]] += row["rows"]
    micros = {row[_ARRIVED_AT] for row in found}
    return counts, [None if each is None else EPOCH + timedelta(microseconds=each) for each in micros]


def _as_known(
    source: Source, step: FeatureStep, released: DataFrame, arrived_at: datetime | None, known_from: datetime | None
) -> DataFrame:
    """Return the released rows of one arrival as rows of the group, with their `available_at`.

    The rows are transformed arrival by arrival, because a transformation returns only the columns of the group and would drop a
    column with the arrival.
    """
    micros = None if arrived_at is None else (arrived_at - EPOCH) // timedelta(microseconds=1)
    accepted = kept_rows(released.where(F.col(_ARRIVED_AT).eqNullSafe(F.lit(micros))), source, ORIGIN)
    rows, known = released_rows(step, accepted), when_known(step.group, arrived_at)
    return rows.withColumn(AVAILABLE_AT, known if known_from is None else F.greatest(known, moment_column(known_from)))


def _judged_again(source: Source, held: DataFrame) -> DataFrame:
    """Validate the quarantined rows with the present declaration. The id of a row takes the place of its file name."""
    rows = held.select(
        F.col(ID).alias(FILE),
        F.lit(0).alias(BLOCK),
        F.col("line").alias(NUMBER),
        F.col(ROW).alias(AS_READ),
        F.col(HELD_CELLS).alias(CELLS),
    )
    return source.format.read_held(source, rows)
