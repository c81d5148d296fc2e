"""What a batch of rows is: changes, or everything that its source held at one moment."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from pyspark.sql import Column
from pyspark.sql import functions as F

from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError
from tidegate.moments import require_moment

ScopeValue = str | int | date
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Changes:
    """New, corrected and deleted rows; a row of the group that is not among them stays as it is."""


@dataclass(frozen=True)
class FullState:
    """Everything that the source held at a moment; a row of the group that is not among it no longer holds.

    Attributes:
        moment: When the source was seen like this; every row of the state is known from then on.
        scope: Entity key columns and their values, where the state speaks of a part of the group only, such as one
            season. Rows outside it are left alone.

    Raises:
        DefinitionError: The moment has no zone.
    """

    moment: datetime
    scope: Mapping[str, ScopeValue] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_moment(self.moment, "the moment of a full state")
        for name, value in self.scope.items():
            if isinstance(value, datetime):
                require_moment(value, f"{name} in the scope of a full state")

    @property
    def mark(self) -> "StateMark":
        """What the table's log keeps of the state."""
        columns = tuple(sorted(self.scope))
        text = _SEPARATOR.join(str(self.scope[name]) for name in columns)
        return StateMark(self.moment, columns, hashlib.sha256(text.encode()).hexdigest())


@dataclass(frozen=True)
class StateMark:
    """The trace of a full state in the table's log: its moment and, without the values, its scope.

    Attributes:
        moment: Of the state.
        columns: The columns of its scope, in order of their names.
        digest: SHA-256 of the values of these columns: they may be personal.
    """

    moment: datetime
    columns: tuple[str, ...]
    digest: str

    def covers(self) -> Column:
        """Whether a row lies in the scope of the state."""
        return scope_digest(self.columns) == self.digest

    @property
    def text(self) -> str:
        """The mark as a part of the batch's token."""
        micros = (self.moment - _EPOCH) // timedelta(microseconds=1)
        return f"state/{micros}/{','.join(self.columns)}/{self.digest}"

    @staticmethod
    def from_token(token: str) -> "StateMark | None":
        """Return the mark that a batch's token holds; None for other batches and other writers' tokens."""
        _, found, rest = token.rpartition("/state/")
        if not found or not token.startswith(TOKEN_PREFIX):
            return None
        micros, columns, digest = rest.split("/")
        return StateMark(_EPOCH + timedelta(microseconds=int(micros)), tuple(filter(None, columns.split(","))), digest)


TOKEN_PREFIX = "tidegate/"


@dataclass(frozen=True)
class Batch:
    """What is known of a batch beside its rows.

    Attributes:
        id: Name of the batch, never a personal value; a batch with the id of one that was written is not looked at again.
            None: every write is looked at; the same rows change nothing all the same.
        contents: Changes, or a full state.
        arrived_at: When it arrived. A row without `available_at` is known from then, or from event_time plus the group's
            delay where that is later. None for full loads and backfills: event_time plus delay alone.

    Raises:
        DefinitionError: A moment has no zone, or the id is empty or holds a slash.
    """

    id: str | None = None
    contents: Changes | FullState = Changes()
    arrived_at: datetime | None = None

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_moment(self.arrived_at, "the arrival of a batch")
        if self.id is not None and (not self.id.isprintable() or not self.id or "/" in self.id):
            raise DefinitionError(f"batch id {self.id!r}: give at least one printable character, and no slash.")

    @property
    def state(self) -> FullState | None:
        """The full state, or None for changes."""
        return self.contents if isinstance(self.contents, FullState) else None

    @property
    def token(self) -> str | None:
        """What makes the commit of the batch happen once; None where it has no id and is no state."""
        if self.state is not None:
            # Without an id a name of its own: the state may be loaded again after its rows were purged.
            return f"{TOKEN_PREFIX}{self.id or uuid4().hex}/{self.state.mark.text}"
        return None if self.id is None else f"{TOKEN_PREFIX}{self.id}"

    def is_applied(self, tokens: Iterable[str]) -> bool:
        """Whether a table whose log holds these tokens took a batch of this id."""
        own = f"{TOKEN_PREFIX}{self.id}"
        return self.id is not None and any(token == own or token.startswith(f"{own}/") for token in tokens)


def scope_digest(columns: Sequence[str]) -> Column:
    """Return the digest of a row's values of scope columns, as `StateMark` holds it."""
    return F.sha2(F.concat_ws(_SEPARATOR, *[F.col(name).cast("string") for name in columns]), 256)
