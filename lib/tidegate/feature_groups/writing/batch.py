"""A batch of rows: its id, its arrival, and its kind. It is either changes or a full state of its source at one moment."""

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
    """The batch has new, corrected and deleted rows. Stored rows that are not in the batch stay as they are."""


@dataclass(frozen=True)
class FullState:
    """The batch has everything that the source held at a moment. A stored row that is not in the batch no longer holds.

    Attributes:
        moment: The moment at which the source held these rows. Every row of the batch is known from this moment on, even if it
            has another `available_at`.
        scope: Columns of the entity key with their values, if the batch describes only a part of the group, such as one season.
            Stored rows outside this part are not changed.

    Raises:
        DefinitionError: The moment has no time zone.
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
        """The moment and the scope, as the log of the table records them. They tell later batches which states were written."""
        columns = tuple(sorted(self.scope))
        text = _SEPARATOR.join(str(self.scope[name]) for name in columns)
        return StateMark(self.moment, columns, hashlib.sha256(text.encode()).hexdigest())


@dataclass(frozen=True)
class StateMark:
    """The mark of a full state in the table's log: its moment and its scope. The scope's values are not in it.

    Attributes:
        moment: The moment of the state.
        columns: The columns of its scope, sorted by name.
        digest: SHA-256 of the values of these columns. The values themselves may be personal, so the log must not contain them.
    """

    moment: datetime
    columns: tuple[str, ...]
    digest: str

    def covers(self) -> Column:
        """Return a condition that is true for rows in the scope of the state."""
        return scope_digest(self.columns) == self.digest

    @property
    def text(self) -> str:
        """The mark as text. It is a part of the token of the batch."""
        micros = (self.moment - _EPOCH) // timedelta(microseconds=1)
        return f"state/{micros}/{','.join(self.columns)}/{self.digest}"

    @staticmethod
    def from_token(token: str) -> "StateMark | None":
        """Return the mark in the token of a batch; None if the batch is no full state or the token is not tidegate's."""
        _, found, rest = token.rpartition("/state/")
        if not found or not token.startswith(TOKEN_PREFIX):
            return None
        micros, columns, digest = rest.split("/")
        return StateMark(_EPOCH + timedelta(microseconds=int(micros)), tuple(filter(None, columns.split(","))), digest)


TOKEN_PREFIX = "tidegate/"


@dataclass(frozen=True)
class Batch:
    """What the writer knows about a batch in addition to its rows.

    Attributes:
        id: Name of the batch. It must not contain a personal value. If a batch of this id was already written, the store skips
            the batch and does not read its rows. With None the store always reads them; rows that are already stored change
            nothing.
        contents: Changes, or a full state.
        arrived_at: When the batch arrived. A row without `available_at` counts as known from this moment, or from event_time
            plus the group's delay if that is later. Use None to load history (a backfill): then such a row counts as known from
            event_time plus the delay. The rows of a full state count as known from the moment of the state instead.

    Raises:
        DefinitionError: A moment has no time zone, or the id is empty, contains a slash, or can't be printed.
    """

    id: str | None = None
    contents: Changes | FullState = Changes()
    arrived_at: datetime | None = None

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_moment(self.arrived_at, "the arrival of a batch")
        if self.id is not None and (not self.id.isprintable() or not self.id or "/" in self.id):
            raise DefinitionError(f"batch id {self.id!r}: give at least one character, only printable ones, and no slash.")

    @property
    def state(self) -> FullState | None:
        """The full state; None if the batch is changes."""
        return self.contents if isinstance(self.contents, FullState) else None

    @property
    def token(self) -> str | None:
        """The token with which the batch is committed only once; None if the batch has no id and is no full state."""
        if self.state is not None:
            # A state without an id gets a random one, because it may be loaded again after its rows were purged.
            return f"{TOKEN_PREFIX}{self.id or uuid4().hex}/{self.state.mark.text}"
        return None if self.id is None else f"{TOKEN_PREFIX}{self.id}"

    @property
    def is_always_committed(self) -> bool:
        """Whether the batch makes a commit even if it changes no row, so that its token is recorded."""
        return self.state is not None

    def require_next(self, tokens: Iterable[str]) -> None:
        """Raise an error if the batch can't be committed to a table with these tokens. Batches of users always can be."""

    def is_applied(self, tokens: Iterable[str]) -> bool:
        """Return whether a table with these tokens already contains a batch of this id; False if the batch has no id."""
        own = f"{TOKEN_PREFIX}{self.id}"
        return self.id is not None and any(token == own or token.startswith(f"{own}/") for token in tokens)


def scope_digest(columns: Sequence[str]) -> Column:
    """Return the digest of a row's values in the columns of a scope, computed like the digest of a `StateMark`."""
    return F.sha2(F.concat_ws(_SEPARATOR, *[F.col(name).cast("string") for name in columns]), 256)
