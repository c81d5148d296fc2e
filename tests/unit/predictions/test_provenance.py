"""The id of a release names what it couples."""

import pytest

from tidegate.predictions.provenance import release_id

MODEL, VIEW, GROUPS = ("delays", 1), ("delays", 1), ("planes_v1", "weather_v2")


@pytest.mark.parametrize(
    "other",
    [
        (("late", 1), VIEW, GROUPS),
        (("delays", 2), VIEW, GROUPS),
        (MODEL, ("delays", 2), GROUPS),
        (MODEL, VIEW, ("planes_v2", "weather_v2")),
    ],
)
def test_release_id_differs_with_each_part_and_not_with_the_order_of_groups(other: tuple) -> None:  # type: ignore[type-arg]
    assert release_id(MODEL, VIEW, GROUPS) == release_id(MODEL, VIEW, [*reversed(GROUPS), "planes_v1"])
    assert release_id(*other) != release_id(MODEL, VIEW, GROUPS)
