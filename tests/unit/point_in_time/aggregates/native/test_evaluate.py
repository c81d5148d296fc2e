"""Aggregates in native code, against the oracle: arrays alone, without Spark."""

import random
from dataclasses import replace

import pytest
from tests.native_aggregates import assert_equal_to_the_oracle, native_values
from tests.properties.aggregates_oracle import Group, Label, Observation
from tests.properties.aggregates_worlds import Setting, World, drawn_setting, drawn_worlds

from tidegate.point_in_time.aggregates.operations import mean, sum_of, time_since_last

SETTINGS, WORLDS_A_SETTING = 100, 25


def drawn_seeds(count: int) -> list[int]:
    """Other worlds in every run; a failure names its seed."""
    return random.SystemRandom().sample(range(2**32), count)


@pytest.mark.parametrize("pairs", [4_000_000, 5])
def test_generated_worlds_equal_the_oracle(pairs: int) -> None:
    # Few pairs at once: labels are computed in many parts.
    for seed in drawn_seeds(SETTINGS // 2):
        setting, worlds = drawn_worlds(drawn_setting(seed), seed, WORLDS_A_SETTING)
        assert_equal_to_the_oracle(setting, worlds, native_values(setting, worlds, random.Random(seed), pairs), seed)


def test_long_histories_equal_the_oracle() -> None:
    for seed in drawn_seeds(24):
        setting, worlds = drawn_worlds(drawn_setting(seed), seed, 2, most_rows=250, most_labels=60)
        assert_equal_to_the_oracle(setting, worlds, native_values(setting, worlds, random.Random(seed)), seed)


@pytest.mark.parametrize("world", [World([], []), World([Label(("a",), 5), Label((None,), 5), Label(("a",), None)], [])])
def test_labels_or_rows_that_are_not_there(world: World) -> None:
    for seed in range(10):
        setting = drawn_setting(seed)
        group = replace(setting.group, key=("kind",), fresh_until=5)
        setting = replace(setting, group=group, anchored=False)
        assert_equal_to_the_oracle(setting, [world], native_values(setting, [world], random.Random(seed)), seed)


def numbers_of_one_key(column: str, values: list[object]) -> World:
    row = drawn_worlds(drawn_setting(0), 0, 20, most_rows=20)[1]
    like = next(world.rows[0].values for world in row if world.rows)
    rows = [Observation(place, place, {**like, "kind": "a", column: value}) for place, value in enumerate(values)]
    return World([Label(("a",), len(values))], rows)


@pytest.mark.parametrize(("by", "type_of_sum"), [(None, "int64"), ("kind", "int64")])
def test_a_whole_sum_of_more_than_64_bits_is_an_error(by: str | None, type_of_sum: str) -> None:
    group = Group(("word",), ("kind",), immutable=True)
    setting = Setting(group, 0, (sum_of("whole", by=by), mean("whole")), 1, sequence=False, anchored=False)
    most = 2**63 - 1
    fits = numbers_of_one_key("whole", [most, 1, -1])
    assert_equal_to_the_oracle(setting, [fits], native_values(setting, [fits], random.Random(1)), "fits")
    with pytest.raises(RuntimeError, match=rf"feature_0: a sum does not fit into {type_of_sum}"):
        native_values(setting, [numbers_of_one_key("whole", [most, 1])], random.Random(1))
    # A mean is a double, whatever the sum is.
    means = replace(setting, aggregates=(mean("whole"),))
    world = numbers_of_one_key("whole", [most, most, most])
    assert_equal_to_the_oracle(means, [world], native_values(means, [world], random.Random(1)), "mean")


def test_means_of_two_columns_over_the_same_rows() -> None:
    # Neither column has a NULL, so both have the same rows, and what was added up for one must not be taken for the other.
    world = numbers_of_one_key("whole", [1, 2, 6])
    rows = [replace(row, values={**row.values, "x": float(row.event)}) for row in world.rows]
    setting = Setting(
        Group(("word",), ("kind",), immutable=True), 0, (mean("whole"), mean("x")), 1, sequence=False, anchored=False
    )
    world = replace(world, rows=rows)
    assert_equal_to_the_oracle(setting, [world], native_values(setting, [world], random.Random(1)), "two columns")


def test_seconds_of_many_years_are_rounded_once() -> None:
    setting = Setting(Group(("word",), ("kind",), immutable=True), 0, (time_since_last(),), 1, sequence=False, anchored=False)
    [row] = numbers_of_one_key("whole", [1]).rows
    # 819 years and two microseconds.
    world = World([Label(("a",), 25_842_240_000_000_002)], [row])
    assert_equal_to_the_oracle(setting, [world], native_values(setting, [world], random.Random(1)), "years")
