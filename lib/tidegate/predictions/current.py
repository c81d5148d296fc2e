"""Read a prediction table: the current view, or all rows."""

import json
from datetime import datetime

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tidegate.errors import MissingPredictionsError, UnknownPredictionKeyError
from tidegate.feature_groups.evolution.difference import HISTORY_PROPERTY, ROLES_PROPERTY
from tidegate.feature_groups.read import withdrawn_events
from tidegate.moments import moment_column, require_moment
from tidegate.predictions.columns import ARM, PREDICTION_TIME, RELEASE, REVISION, SCORED_AT, SERVED
from tidegate.predictions.table import recorded_key
from tidegate.schema import quoted
from tidegate.subjects.derived_people import VIEW
from tidegate.tables.create import table_exists
from tidegate.tables.definitions import recorded_definitions
from tidegate.tables.find import find_tables
from tidegate.tables.read import read_newest, read_table, table_state
from tidegate.tables.store import Store

_PLACE = "_place"


def all_predictions(store: Store, name: str) -> DataFrame:
    """Return all rows of a prediction table: every release, arm and revision, served or not.

    Raises:
        MissingPredictionsError: The store has no prediction table of this name.
    """
    return read_table(store.spark, _existing(store, name))


def current_predictions(store: Store, name: str, as_of: datetime | None = None) -> DataFrame:
    """Return the newest served row of each entity and prediction time.

    A prediction is left out if its row of the spine has a tombstone: the flight was moved to another time, the order was
    withdrawn. This holds for views whose spine is a stored group.

    Args:
        store: The store.
        name: Name of the prediction table.
        as_of: Return the view as it was at this moment. People who were erased since then are not in it.

    Raises:
        MissingPredictionsError: The store has no prediction table of this name.
        NaiveMomentError: `as_of` has no time zone.
        UnknownPredictionKeyError: The table does not record its entity key.
    """
    path = _existing(store, name)
    key = recorded_key(table_state(store.spark, path))
    if key is None:
        raise UnknownPredictionKeyError(name, path)
    # With a version, Spark finds the files of the frame without reading the whole log of the table.
    rows = newest_served(read_newest(store.spark, path), key, as_of)
    for spine, views in _spines(store, key).items():
        history = table_state(store.spark, spine).properties.get(HISTORY_PROPERTY)
        withdrawn = withdrawn_events(read_newest(store.spark, spine), key, history, as_of)
        rows = _without(rows, withdrawn, key, views)
    return rows


def newest_served(rows: DataFrame, entity_key: tuple[str, ...], as_of: datetime | None = None) -> DataFrame:
    """Return the served row of each entity and prediction time that was scored last.

    Args:
        rows: Rows of a prediction table.
        entity_key: The entity key of the table.
        as_of: Leave out rows that were scored after this moment; None: none.

    Raises:
        NaiveMomentError: `as_of` has no time zone.
    """
    served = rows.where(SERVED)
    if as_of is not None:
        require_moment(as_of, "the moment of a view of predictions")
        served = served.where(F.col(SCORED_AT) <= moment_column(as_of))
    return _first(served, (*entity_key, PREDICTION_TIME), (SCORED_AT, REVISION))


def newest_revisions(rows: DataFrame, entity_key: tuple[str, ...]) -> DataFrame:
    """Return the newest revision of each entity, prediction time, release and arm.

    Args:
        rows: Rows of a prediction table, perhaps with further columns.
        entity_key: The entity key of the table.
    """
    return _first(rows, (*entity_key, PREDICTION_TIME, RELEASE, ARM), (REVISION,))


def _first(rows: DataFrame, key: tuple[str, ...], newest: tuple[str, ...]) -> DataFrame:
    in_order = Window.partitionBy(*map(quoted, key)).orderBy(*map(F.desc, newest))
    return rows.withColumn(_PLACE, F.row_number().over(in_order)).where(f"{_PLACE} = 1").drop(_PLACE)


def _existing(store: Store, name: str) -> str:
    path = store.layout.predictions(name)
    if not table_exists(store.spark, path):
        raise MissingPredictionsError(name, store.layout.root, find_tables(store.spark, store.layout.predictions("")))
    return path


def _spines(store: Store, key: tuple[str, ...]) -> dict[str, list[tuple[str, int]]]:
    """Return the tables of the stored spines with this entity key, each with the names and versions of their views."""
    found: dict[str, list[tuple[str, int]]] = {}
    for name, version, parts in recorded_definitions(store, VIEW):
        # The rows of a rule have no tombstones. An entity of a rule that is withdrawn gets no later rows.
        if "spine_rule" not in parts:
            found.setdefault(store.layout.feature_group(str(parts["spine"])), []).append((name, version))
    return {path: views for path, views in found.items() if table_exists(store.spark, path) and _has_key(store, path, key)}


def _has_key(store: Store, path: str, key: tuple[str, ...]) -> bool:
    roles = json.loads(table_state(store.spark, path).properties.get(ROLES_PROPERTY, "{}"))
    return {*roles.get("entity_key", ())} == {*key}


def _without(rows: DataFrame, withdrawn: DataFrame, key: tuple[str, ...], views: list[tuple[str, int]]) -> DataFrame:
    """Leave out the rows of withdrawn events that one of the views predicted."""
    by_view = F.concat_ws("_v", "feature_view", "feature_view_version").isin([f"{name}_v{version}" for name, version in views])
    gone = withdrawn.select(*(F.col(quoted(name)).alias(f"_gone_{place}") for place, name in enumerate(withdrawn.columns)))
    same = [F.col(quoted(name)) == F.col(f"_gone_{place}") for place, name in enumerate((*key, PREDICTION_TIME))]
    condition = by_view
    for each in same:
        condition &= each
    return rows.join(gone, on=condition, how="left_anti")
