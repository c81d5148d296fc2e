"""The position of a step: up to which version of each input its derived group was computed.

The position is the id of the batch that the step writes. So it becomes visible in the same commit as the rows, and a run that is
killed leaves both or none.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tidegate.errors import OvertakenStepError
from tidegate.feature_groups.writing.batch import TOKEN_PREFIX, Batch

_BEGINNING = "inputs "


@dataclass(frozen=True, order=True)
class Position:
    """The versions of the inputs from which a derived group was computed.

    Attributes:
        number: A number that grows with each computation.
        text: The versions as JSON, see `versions`.
    """

    number: int
    text: str

    @property
    def versions(self) -> Mapping[str, tuple[str, int]]:
        """The id and the version of each input's table, by the full name of the input."""
        return {name: (table, version) for name, (table, version) in json.loads(self.text).items()}

    @property
    def batch_id(self) -> str:
        """The id of the batch with the rows of this computation."""
        return f"{_BEGINNING}{self.number} {self.text}"


def next_position(before: Position | None, versions: Mapping[str, tuple[str, int]]) -> Position:
    """Return the position after a computation from these versions."""
    return Position(1 if before is None else before.number + 1, json.dumps(versions, sort_keys=True))


def newest_position(tokens: Iterable[str]) -> Position | None:
    """Return the newest position among the tokens of a derived group's table; None if there is none."""
    beginning = f"{TOKEN_PREFIX}{_BEGINNING}"
    found = [token.removeprefix(beginning).split(" ", 1) for token in tokens if token.startswith(beginning)]
    return max((Position(int(number), text) for number, text in found), default=None)


@dataclass(frozen=True)
class StepBatch(Batch):
    """The rows of one computation. They are committed only after those of the computation before.

    Attributes:
        group: The full name of the derived group, for messages.
        after: The position from which the computation began; None for the first one.
    """

    group: str = ""
    after: Position | None = None

    @property
    def is_always_committed(self) -> bool:
        """True: the position has to be recorded even if no row is different."""
        return True

    def require_next(self, tokens: Iterable[str]) -> None:
        """Raise OvertakenStepError if another run has computed the group since this one began."""
        if newest_position(tokens) != self.after:
            raise OvertakenStepError(self.group)
