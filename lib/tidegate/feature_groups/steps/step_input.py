"""An input of a step: a feature group or a stored source, and how far around an event the step looks."""

from dataclasses import dataclass
from datetime import timedelta

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.steps.stored_source import stored_source
from tidegate.sources.source import Source

_NOTHING = timedelta(0)


@dataclass(frozen=True)
class StepInput:
    """What a step reads, and which rows of it a derived row depends on.

    A derived row with the event time t depends on the rows of the input from t - before to t + after, both included. When rows
    of the input change, the library computes again the derived rows that depend on them, and no others. So a span that is too
    short leaves wrong rows; a span that is too long costs only time.

    Attributes:
        of: The feature group, or a source. The rows of a source are stored first, in a feature group of its name.
        before: How far before its own event time a derived row looks; None: to the first row of the input.
        after: How far after its own event time it looks; None: to the last row of the input.

    Raises:
        DefinitionError: A span is negative, an attribute has another type than declared, or the source declares no `key` or
            no `event_time`.
    """

    of: FeatureGroup | Source
    before: timedelta | None = _NOTHING
    after: timedelta | None = _NOTHING

    def __post_init__(self) -> None:
        require_declared_types(self)
        for role, span in (("before", self.before), ("after", self.after)):
            if span is not None and span < _NOTHING:
                raise DefinitionError(
                    f"input {self.group.full_name}: {role} is {span}. Give a span of 0 or longer, or None for no limit."
                )
        self.group  # noqa: B018  # a source that can't be stored is refused when the step is defined

    @property
    def group(self) -> FeatureGroup:
        """The feature group that is read."""
        return self.of if isinstance(self.of, FeatureGroup) else stored_source(self.of)


def reads(of: FeatureGroup | Source, before: timedelta | None = _NOTHING, after: timedelta | None = _NOTHING) -> StepInput:
    """Declare that a step reads a feature group or a source. See `StepInput` for the arguments."""
    return StepInput(of, before, after)
