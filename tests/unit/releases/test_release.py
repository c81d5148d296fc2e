"""What a release says of itself, and of what its models read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tidegate.datasets.stored_view import view_as_json
from tidegate.errors import NoStoredViewError, NotReleasedError
from tidegate.releases.promotion import PlannedRelease
from tidegate.releases.release import Release, ReleasedModel
from tidegate.releases.released_view import released_view
from tidegate_examples.flight_delays.view import DEPARTURE_DELAY

NEXT = replace(DEPARTURE_DELAY, version=DEPARTURE_DELAY.version + 1)
MODEL = ReleasedModel(
    model="delays",
    model_version=3,
    estimator="boosted_trees",
    task="binary",
    release_id="abc",
    view=DEPARTURE_DELAY.name,
    view_version=DEPARTURE_DELAY.version,
    view_definition=view_as_json(DEPARTURE_DELAY),
    group_versions={"planes_v1": 1},
    scorer_sha256="f" * 64,
)
OTHER = replace(MODEL, model="minutes", model_version=1, release_id="def")
RELEASE = Release("flights", 4, datetime(2024, 1, 31, 12, tzinfo=UTC), "rollback", (MODEL, OTHER), restored=2)


def test_a_release_names_its_models_and_when_it_began() -> None:
    assert RELEASE.summary == "release 4 (rollback: delays version 3, minutes version 1; 2024-01-31T12:00:00Z)"
    assert replace(RELEASE, released_at=None).summary.endswith("; not recorded yet)")
    assert (RELEASE.content, replace(RELEASE, restored=None).content) == (2, 4)
    assert RELEASE.model("minutes") is OTHER
    with pytest.raises(NotReleasedError, match="no version of model minute is released; released: .* Did you mean 'minutes'"):
        RELEASE.model("minute")


def test_no_definition_of_a_view_is_in_what_is_shown_of_a_model() -> None:
    assert "FeatureView" not in repr(RELEASE)


def test_a_planned_release_changes_nothing_if_its_models_are_in_use_in_any_order() -> None:
    same = replace(RELEASE, number=5, models=(OTHER, replace(MODEL, scorer_sha256="0" * 64)))
    assert PlannedRelease(same, RELEASE).changes_nothing
    assert not PlannedRelease(replace(same, models=(OTHER,)), RELEASE).changes_nothing
    assert not PlannedRelease(same, None).changes_nothing


def test_a_released_view_is_that_of_the_code_only_if_it_means_the_same() -> None:
    stored = released_view(MODEL)
    assert (stored.full_name, stored.feature_names) == (DEPARTURE_DELAY.full_name, DEPARTURE_DELAY.feature_names)
    assert stored is not DEPARTURE_DELAY
    assert released_view(MODEL, (DEPARTURE_DELAY,)) is DEPARTURE_DELAY
    first, *others = DEPARTURE_DELAY.choices
    changed = replace(DEPARTURE_DELAY, choices=(replace(first, lookback=timedelta(days=61)), *others))
    assert released_view(MODEL, (changed,)) == stored
    assert released_view(MODEL, (NEXT,)) == stored
    # With --allow-absent the view of the code allows it, also if another version of the view is released.
    assert released_view(MODEL, (changed.allowing_absent(),)) == stored.allowing_absent()
    assert released_view(MODEL, (DEPARTURE_DELAY.allowing_absent(),)).choices[0].may_lack == 1.0
    without = replace(MODEL, view_definition=None)
    assert released_view(without, (DEPARTURE_DELAY,)) is DEPARTURE_DELAY
    with pytest.raises(NoStoredViewError, match=f"delays version 3: its feature view {DEPARTURE_DELAY.full_name} is"):
        released_view(without, (NEXT,))
