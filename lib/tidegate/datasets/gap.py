"""How long the time is over which the features and the label of a row have something in common with other rows."""

from datetime import timedelta

from tidegate.datasets.aggregates import Aggregates
from tidegate.datasets.future_labels import FutureLabels
from tidegate.datasets.spines import TARGET_TIME, SpineByRule
from tidegate.datasets.view import FeatureView
from tidegate.errors import DefinitionError
from tidegate.point_in_time.aggregates.aggregate import Aggregate
from tidegate.point_in_time.aggregates.windows import CalendarDays

_NONE = timedelta(0)
# From the first moment of a day to the last hour of the next day.
_TWO_DAYS = timedelta(days=2)


def automatic_gap(view: FeatureView) -> timedelta:
    """Return the longest window of a view's aggregates or, if that is longer, the time until a label is known.

    Raises:
        DefinitionError: The target times come from a stored spine, so that no definition says how far they lie ahead.
    """
    aggregates = [each for choice in view.choices if isinstance(choice, Aggregates) for each in choice.features.values()]
    return max(_until_label(view), *map(_window, aggregates), _NONE)


def _window(aggregate: Aggregate) -> timedelta:
    """Return how long a window is; 0 if it has no length in time. Where the window lies is the same for all rows."""
    if aggregate.ahead is not None:
        return aggregate.ahead
    if isinstance(aggregate.window, CalendarDays):
        return timedelta(days=aggregate.window.days)
    return aggregate.window if isinstance(aggregate.window, timedelta) else _NONE


def _until_label(view: FeatureView) -> timedelta:
    """Return how long after the label time the label is known."""
    labels = view.labels
    if not isinstance(labels, FutureLabels):
        return _farthest_target(view) + labels.delay
    return labels.matures_after + (_farthest_target(view) if labels.anchor == TARGET_TIME else _NONE)


def _farthest_target(view: FeatureView) -> timedelta:
    """Return how far after the label time the last target time of the spine lies; 0 if it has none."""
    spine = view.spine
    if not isinstance(spine, SpineByRule):
        if TARGET_TIME not in spine.entity_key:
            return _NONE
        raise DefinitionError(
            f"feature view {view.full_name}: the gap can't be automatic, because the rows of spine {spine.name!r} have a "
            f"{TARGET_TIME}, and nothing says how far after the label time it lies. Give the gap: ByTime(gap=timedelta(...))."
        )
    if spine.horizons is None:
        return _NONE
    return _TWO_DAYS if isinstance(spine.horizons, str) else max(spine.horizons)
