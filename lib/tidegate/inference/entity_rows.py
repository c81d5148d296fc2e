"""Rows to predict from entity keys alone."""

from datetime import datetime

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tidegate.datasets.spines import TARGET_TIME, SpineByRule
from tidegate.datasets.view import FeatureView
from tidegate.datasets.view_rows import Snapshot
from tidegate.errors import MissingColumnsError, UsageError
from tidegate.feature_groups.definition import EVENT_TIME
from tidegate.inference.scored_batch import MISSED
from tidegate.moments import moment_column
from tidegate.schema import quoted, same_type

_PLACE, _FOUND = "_place", "_found"


def entity_key(view: FeatureView) -> tuple[str, ...]:
    """Return the columns that name an entity of a view's spine. A target time is none of them."""
    return tuple(name for name in view.spine.entity_key if name != TARGET_TIME)


def require_entities(entities: DataFrame, view: FeatureView) -> None:
    """Check the columns of entities to predict, from their schema.

    Raises:
        MissingColumnsError: A column of the entity key is missing.
        UsageError: A column has another type than in the spine.
    """
    key, where = entity_key(view), f"entities to predict with feature view {view.full_name}"
    missing = [name for name in key if name not in entities.columns]
    if missing:
        raise MissingColumnsError(where, missing, entities.columns)
    expected = {field.name: field.type for field in view.spine.fields}
    for name in key:
        found = entities.schema[name].dataType
        if not same_type(found, expected[name]):
            raise UsageError(
                f"{where}: column {name} is {found.simpleString()}, but {expected[name].simpleString()} in {view.spine.name!r}. "
                "Cast it: nothing is cast silently."
            )


def entity_rows(snapshot: Snapshot, view: FeatureView, entities: DataFrame, as_of: datetime, kept: tuple[str, ...]) -> DataFrame:
    """Return a row for each entity and target time, with `event_time`, the kept columns, and why a row can't be predicted.

    Columns of a stored spine that the entities do not have come from the newest row of the spine that was known by then. If there
    is none, the row says so in `_missed`.

    Args:
        snapshot: The groups to read.
        view: The feature view.
        entities: Rows with the entity key. Each entity is predicted once.
        as_of: The prediction time.
        kept: The columns of the spine that the prediction table keeps.
    """
    key = entity_key(view)
    once = entities.select(*map(quoted, key)).distinct()
    further = [name for name in dict.fromkeys((*view.entity_columns, *kept)) if name not in (*key, TARGET_TIME)]
    spine = view.spine
    if isinstance(spine, SpineByRule) or not further:
        rows = once.withColumn(MISSED, F.lit(None).cast("string"))
    else:
        known = snapshot.standing(spine, as_of).where(F.col(EVENT_TIME) <= moment_column(as_of))
        newest = Window.partitionBy(*map(quoted, key)).orderBy(F.desc(EVENT_TIME))
        last = known.withColumn(_PLACE, F.row_number().over(newest)).where(F.col(_PLACE) == 1)
        found = last.select(*map(quoted, (*key, *further)), F.lit(True).alias(_FOUND))
        unknown = F.when(F.col(_FOUND).isNull(), F.lit(f"{spine.full_name} has no row of this entity"))
        rows = once.join(found, on=list(key), how="left").withColumn(MISSED, unknown).drop(_FOUND)
    rows = rows.withColumn(EVENT_TIME, moment_column(as_of))
    if isinstance(spine, SpineByRule) and spine.horizons is not None:
        targets = F.array(*map(moment_column, spine.targets(as_of)))
        rows = rows.withColumn(TARGET_TIME, F.explode(targets))
    return rows
