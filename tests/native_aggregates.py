"""Compute aggregates of generated worlds with the native code alone, and compare them with the oracle."""

import math
import random
import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tests.properties.aggregates_declared import COLUMNS, CONDITIONS
from tests.properties.aggregates_future import Future, expected_answers
from tests.properties.aggregates_oracle import Observation, aggregated_value, rows_of_label
from tests.properties.aggregates_values import Near
from tests.properties.aggregates_worlds import Setting, World

from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.native import evaluate, forces
from tidegate.point_in_time.aggregates.native.future import future_labels
from tidegate.point_in_time.aggregates.native.specification import NativeAggregates, NativeFeature
from tidegate.point_in_time.native.chosen_rows import Moments

UTC_TIME = pa.timestamp("us", "UTC")
ARROW = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "float": pa.float32(),
    "decimal(14,2)": pa.decimal128(14, 2),
    "decimal(36,10)": pa.decimal128(36, 10),
    "timestamp": UTC_TIME,
    "date": pa.date32(),
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "binary": pa.binary(),
    "timestamp_ntz": pa.timestamp("us"),
    "array<int>": pa.list_(pa.int32()),
}
TYPES = {name: ARROW[kind] for name, kind in COLUMNS.items()}
# Worlds with different ids have nothing to do with each other: the id is the first column of all keys.
CASE = "case_id"


def native_values(
    setting: Setting, worlds: Sequence[World], draw: random.Random, pairs_at_once: int = 4_000_000
) -> list[list[object]]:
    """Return a list for each aggregate, with the values of the labels of all worlds, in order. The rows come shuffled."""
    description = replace(described(setting), pairs_at_once=pairs_at_once)
    labels = [label for world in worlds for label in world.labels]
    anchors = np.array([label.anchor or 0 for label in labels], dtype=np.int64) if setting.anchored else None
    # Immutable events come without tombstones.
    rows = forces.rows_in_force(description, _row_table(setting, worlds, draw))
    found = evaluate.aggregated(description, *_labels(setting, worlds), rows, anchors)
    for feature in description.features:
        assert found[feature.name].type == feature.type
    return [found[feature.name].to_pylist() for feature in description.features]


def assert_future_equals_the_oracle(future: Future, draw: random.Random, seed: object) -> int:
    """Compute labels from the future, and return how many values and moments were compared."""
    setting, worlds = future.setting, future.worlds
    description = described(setting)
    rows = forces.rows_in_force(description, _row_table(setting, worlds, draw))
    found, known_at = future_labels(description, *_labels(setting, worlds), rows, future.maturity)
    columns = [found[feature.name].to_pylist() for feature in description.features]
    labels = [(world, label) for world in worlds for label in world.labels]
    for place, answer in enumerate(expected_answers(future)):
        values, moment = [column[place] for column in columns], int(known_at[place])
        right = all(map(same, values, answer.values))
        if not right or (answer.known_at is not None and not answer.known_at <= moment <= (answer.latest or 0)):
            world, label = labels[place]
            what = "\n".join(map(str, (*zip(setting.aggregates, values, strict=True), setting.group, label, *world.rows)))
            raise AssertionError(f"seed {seed}, {future.maturity}: expected {answer}, found {moment} and\n{what}")
    return len(labels) * (len(columns) + 1)


def _labels(setting: Setting, worlds: Sequence[World]) -> tuple[pa.Table, Moments]:
    labels = [(case, label) for case, world in enumerate(worlds) for label in world.labels]
    columns = {CASE: pa.array([case for case, _ in labels], pa.int32())}
    for place, name in enumerate(setting.group.key):
        columns[name] = pa.array([label.key[place] for _, label in labels], TYPES[name])
    times = pa.array([label.time for _, label in labels], pa.int64()).cast(UTC_TIME)
    return pa.table(columns), Moments(pa.chunked_array([times]))


def assert_equal_to_the_oracle(setting: Setting, worlds: Sequence[World], found: list[list[object]], seed: object) -> int:
    """Raise AssertionError with the world of the first value that differs; return how many values were compared."""
    labels = [(world, label) for world in worlds for label in world.labels]
    for aggregate, place, wanted, value in differences(setting, worlds, found):
        world, label = labels[place]
        rows = "\n".join(map(str, world.rows))
        raise AssertionError(f"seed {seed}: expected {wanted}, found {value}\n{aggregate}\n{setting.group}\n{label}\n{rows}")
    return sum(map(len, found))


def described(setting: Setting) -> NativeAggregates:
    group = setting.group
    return NativeAggregates(
        name="generated",
        key=(CASE, *group.key),
        entity_key=(CASE, *group.entity_key),
        one_event_per=(CASE, *group.one_event_per) if group.one_event_per else (),
        sequence="sequence" if setting.sequence else None,
        keeps_all=not group.immutable,
        earlier=0 if group.inclusive else 1,
        fresh_until=group.fresh_until,
        features=tuple(
            NativeFeature(f"feature_{place}", each, result_type(each), _both(group.where, each.where), each.condition)
            for place, each in enumerate(setting.aggregates)
        ),
    )


def result_type(aggregate: Aggregate) -> pa.DataType:
    column = pa.null() if aggregate.column is None else TYPES[aggregate.column]
    kind = column
    if aggregate.operation in ("count", "count_distinct"):
        kind = pa.int64()
    elif aggregate.operation == "sum" and pa.types.is_decimal(column):
        kind = pa.decimal128(min(column.precision + 10, 38), column.scale)
    elif aggregate.operation == "sum" and pa.types.is_integer(column):
        kind = pa.int64()
    elif aggregate.operation not in ("min", "max", "first", "last"):
        kind = pa.float64()
    if aggregate.n is not None:
        kind = pa.list_(kind)
    return kind if aggregate.by is None else pa.map_(TYPES[aggregate.by], kind)


def row_columns(setting: Setting, rows: Sequence[tuple[int, Observation]]) -> dict[str, pa.Array]:
    """Return the columns of rows, each of which comes with the id of its world."""
    columns = {
        CASE: pa.array([case for case, _ in rows], pa.int32()),
        "event_time": pa.array([row.event for _, row in rows], pa.int64()).cast(UTC_TIME),
        "available_at": pa.array([row.known for _, row in rows], pa.int64()).cast(UTC_TIME),
    }
    if setting.sequence:
        columns["sequence"] = pa.array([row.sequence for _, row in rows], pa.int32())
    if not setting.group.immutable:
        columns["_tombstone"] = pa.array([row.tombstone for _, row in rows], pa.bool_())
    return columns | {name: pa.array([row.values[name] for _, row in rows], kind) for name, kind in TYPES.items()}


def _row_table(setting: Setting, worlds: Sequence[World], draw: random.Random) -> pa.Table:
    rows = [(case, row) for case, world in enumerate(worlds) for row in world.rows]
    draw.shuffle(rows)
    met = {text: pa.array([condition(row.values) for _, row in rows], pa.bool_()) for text, condition in CONDITIONS.items()}
    both = {_both(left, right): pc.and_(met[left], met[right]) for left in met for right in met}
    return pa.table({**row_columns(setting, rows), **met, **both})


def _both(left: str | None, right: str | None) -> str | None:
    """Return the name of the column for two conditions."""
    return f"{left} AND {right}" if left is not None and right is not None else left or right


def expected_values(setting: Setting, worlds: Sequence[World]) -> list[list[object]]:
    """Return what the oracle says, in the same order."""
    expected: list[list[object]] = [[] for _ in setting.aggregates]
    for world in worlds:
        for label in world.labels:
            of_label = rows_of_label(setting.group, world.rows, label)
            for aggregate, values in zip(setting.aggregates, expected, strict=True):
                values.append(aggregated_value(aggregate, setting.group, of_label, label))
    return expected


def differences(
    setting: Setting, worlds: Sequence[World], found: list[list[object]]
) -> Iterator[tuple[Aggregate, int, object, object]]:
    """Return each value that differs: the aggregate, the place of the label, the oracle's value, and the value found."""
    for aggregate, right, values in zip(setting.aggregates, expected_values(setting, worlds), found, strict=True):
        for place, (wanted, value) in enumerate(zip(right, values, strict=True)):
            if not same(value, wanted):
                yield aggregate, place, wanted, value


def same(found: object, wanted: object) -> bool:
    """Return whether a value is the oracle's, bit by bit except for variances; every NaN is alike."""
    if isinstance(wanted, list | tuple):
        alike = isinstance(found, list | tuple) and len(found) == len(wanted)
        return alike and all(same(*pair) for pair in zip(found, wanted, strict=True))
    if isinstance(wanted, Near):
        return isinstance(found, float) and near(found, wanted)
    if isinstance(wanted, float) and isinstance(found, float):
        return (math.isnan(wanted) and math.isnan(found)) or struct.pack("d", wanted) == struct.pack("d", found)
    return type(found) is type(wanted) and found == wanted


def near(found: float, wanted: Near) -> bool:
    if math.isinf(found):
        # Only a variance above the range of doubles is infinite. Its root would fit, but it is the root of an infinity.
        return wanted.variance + wanted.slack > Fraction(2) ** 1024 - Fraction(2) ** 970
    if math.isnan(found) or found < 0:
        return False
    # The root is rounded once more, by less than a ten billionth of the variance.
    square = Fraction(found) ** 2 if wanted.root else Fraction(found)
    return abs(square - wanted.variance) <= wanted.slack + (wanted.variance / 10**10 if wanted.root else 0)
