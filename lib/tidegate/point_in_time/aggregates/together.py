"""Compute the aggregates of several choices over one group as one: their rows are read, shuffled and sorted once."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from datetime import timedelta

from tidegate.point_in_time.aggregates.aggregate_rows import AggregateRows
from tidegate.point_in_time.aggregates.ways import events_in_buckets


def put_together(inputs: Sequence[AggregateRows]) -> list[AggregateRows]:
    """Return the same aggregates as fewer inputs: choices with an equal `common_basis` become one."""
    sets: dict[Hashable, list[AggregateRows]] = {}
    for rows in inputs:
        sets.setdefault(common_basis(rows), []).append(rows)
    return [same[0] if len(same) == 1 else _as_one(same) for same in sets.values()]


def common_basis(rows: AggregateRows) -> Hashable:
    """Return a value that is equal for choices that can be computed as one.

    They agree in everything but their features and conditions: they have the same rows, and join them in the same way.
    """
    source = id(rows.frame) if rows.stored is None else id(rows.stored)
    in_force = (rows.entity_key, rows.sequence, rows.one_event_per, rows.immutable, rows.delay)
    counted = (rows.key, rows.boundary, rows.anchor, rows.fresh_until, rows.span)
    # A condition that only Spark can evaluate must not keep tasks from reading the files for the other choices.
    return (source, in_force, counted, rows.cells_at_once, events_in_buckets(rows) is None)


def _as_one(inputs: Sequence[AggregateRows]) -> AggregateRows:
    # The frame of a choice may leave out events that are too old for its own windows.
    widest = max(inputs, key=lambda rows: timedelta.max if rows.reach is None else rows.reach)
    features = {name: each for rows in inputs for name, each in rows.features.items()}
    return replace(widest, name=inputs[0].name, features=features, where=None, mark=None, parts=tuple(inputs))
