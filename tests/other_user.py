"""A check as a user who has no name and owns nothing."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tidegate.errors import TidegateError

SOMEBODY = 12_345
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def told_to_somebody(check: Callable[[str], object], argument: Path | str) -> str:
    """Return what another user, who has no name, gets or is told, in a process of his own; nothing for None."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgid(SOMEBODY)
        os.setgroups([])
        os.setuid(SOMEBODY)
        try:
            found = check(str(argument))
            said = "" if found is None else str(found)
        except TidegateError as error:
            said = f"{type(error).__name__}: {error}"
        except BaseException as error:  # told to the test
            said = repr(error)
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as answer:
        return answer.read()
