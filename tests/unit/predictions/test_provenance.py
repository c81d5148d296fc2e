"""The id of a release names what it couples."""

import pytest

from tidegate.predictions.provenance import release_id

GROUPS = {"planes_v1": 1, "weather_v2": 2}
RELEASE = ("delays", 1, "delays", 1, GROUPS)


@pytest.mark.parametrize(
    "other",
    [
        ("late", 1, "delays", 1, GROUPS),
        ("delays", 2, "delays", 1, GROUPS),
        ("delays", 1, "delays", 2, GROUPS),
        ("delays", 1, "delays", 1, {"planes_v2": 2, "weather_v2": 2}),
    ],
)
def test_release_id_differs_with_each_part_and_not_with_the_order_of_groups(other: tuple) -> None:  # type: ignore[type-arg]
    assert release_id(*RELEASE[:4], dict(reversed(GROUPS.items()))) == release_id(*RELEASE)
    assert release_id(*other) != release_id(*RELEASE)
