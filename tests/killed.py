"""Kill a run at one of its commits, inside this process: from then on nothing is committed until the block ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import TypeVar

import pytest

from tidegate.tables.commits import commit

Result = TypeVar("Result")


class Killed(BaseException):
    """What the killed run ends with. It is no Exception, so that nothing in the run can catch it and go on."""


@dataclass
class Commits:
    """The commits of a run.

    Attributes:
        kill: The number of the commit before which the run is killed, from 1; or the name of a table: the run is killed after the
            first commit to it. None: the run is not killed.
        tables: The names of the tables of the commits that were made, in order.
        is_dead: Whether the run was killed.
    """

    kill: int | str | None = None
    tables: list[str] = field(default_factory=list)
    is_dead: bool = False
    lock: RLock = field(default_factory=RLock)

    def made(self, action: Callable[[], Result], path: str) -> Result:
        with self.lock:
            self.is_dead |= len(self.tables) + 1 == self.kill
            if self.is_dead:
                raise Killed
            result = action()
            self.tables.append(Path(path).name)
            self.is_dead |= self.tables[-1] == self.kill
            if self.is_dead:
                raise Killed
            return result


@contextmanager
def commits(kill: int | str | None = None) -> Iterator[Commits]:
    """Note the commits of all tables in a block, and kill its run at one of them."""
    seen, retried = Commits(kill), commit.retried_commit
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(commit, "retried_commit", lambda attempt, path: seen.made(lambda: retried(attempt, path), path))
        yield seen


@contextmanager
def killed(kill: int | str) -> Iterator[Commits]:
    """Run a block that is killed at one of its commits, see `Commits`. A block that is not killed fails."""
    with commits(kill) as seen, pytest.raises(Killed):
        yield seen
