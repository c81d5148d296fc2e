"""The accepted rows of a source, and what the steps that take them as they come make of them."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tidegate.errors import SeveralRowsError
from tidegate.feature_groups.definition import TOMBSTONE
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.quarantine.table import ORIGIN, Quarantine, origin
from tidegate.schema import quoted
from tidegate.sources.judged_rows import DELETED
from tidegate.sources.read_files import LINE, NAME, VERDICT, ReadFiles
from tidegate.sources.source import Source
from tidegate.tables.row_by_row import why_not_row_by_row
from tidegate.tables.store import Store


def accepted_rows(read: ReadFiles, source: Source) -> DataFrame:
    """Return the accepted rows of read files: the fields of the source, `_origin`, and `_tombstone` if rows can be deleted."""
    place = origin(F.lit(source.name), F.col(NAME), F.col(LINE)).alias(ORIGIN)
    return kept_rows(read.rows, source, place)


def kept_rows(rows: DataFrame, source: Source, *added: object) -> DataFrame:
    """Return the accepted ones of judged rows in the form in which a step gets them, with more columns."""
    deleted = [F.col(DELETED).alias(TOMBSTONE)] if DELETED in rows.columns else []
    return rows.where(F.col(VERDICT) == "accepted").select(*map(quoted, source.names), *deleted, *added)


def step_rows(step: FeatureStep, accepted: DataFrame) -> DataFrame:
    """Return the rows that a step makes of accepted rows of its source. No job starts.

    Raises:
        SeveralRowsError: The step combines several rows, and the source does not deliver everything at once.
    """
    source = step.source
    return step.rows([accepted]) if source is not None and source.holds_states else released_rows(step, accepted)


def released_rows(step: FeatureStep, some: DataFrame) -> DataFrame:
    """Return the rows that a step makes of some rows of its source, while the others are not there. No job starts.

    Raises:
        SeveralRowsError: The step combines several rows.
    """
    rows, source = step.rows([some]), step.source
    reason = None if step.build is None else why_not_row_by_row(rows, some)
    if source is not None and reason is not None:
        raise SeveralRowsError(source.name, step.group.full_name, reason)
    return rows


def quarantine_of(store: Store, source: Source) -> Quarantine:
    """Return the quarantine of a source's rows."""
    return Quarantine(store, source.quarantine_name, bool(source.subjects))
