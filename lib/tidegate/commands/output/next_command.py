"""Commands that a result or a message suggests: as they are printed, they work where the running command worked."""

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

HOME_VARIABLE = "TIDEGATE_HOME"
# Options that say which system, root and configuration a command works with.
_SHARED = ("--system", "--root", "--conf-dir", "--env")
# As messages of the library write a command: they know of no system. DAY stays: the person chooses it.
_WRITTEN = re.compile(r"\./spark-submit\.sh jobs/(?P<job>\w+)\.py --system SYSTEM(?: --root ROOT)?")
_SCRIPT = "spark-submit.sh"


def next_command(job: str, shared: Mapping[str, object], options: Mapping[str, object]) -> str:
    """Return the command line of a job, quoted for a shell.

    Args:
        job: Name of the job, such as `run_system`.
        shared: The options that say which system, root and configuration it works with; those that are None are left out.
        options: Further options of the job, such as `{"--day": day}`; in the same way.
    """
    given = [(name, str(value)) for name, value in {**shared, **options}.items() if value is not None]
    return shlex.join([*_launcher(job), *(word for pair in given for word in pair)])


def filled_in(message: str, arguments: Sequence[str]) -> str:
    """Return a message whose commands name the system, root and configuration of the running command."""
    shared = _given(arguments)
    return completed(message, shared) if "--system" in shared else message


def completed(message: str, shared: Mapping[str, object]) -> str:
    """Return a message whose commands have these options; see `next_command`."""
    return _WRITTEN.sub(lambda found: next_command(found["job"], shared, {}), message)


def _launcher(job: str) -> list[str]:
    """Return how a job is started from the folder that the person is in."""
    if Path(sys.argv[0]).name == "tidegate":
        return ["tidegate", job.replace("_", "-")]
    home = Path(os.environ.get(HOME_VARIABLE, Path.cwd()))
    is_here = home.resolve() == Path.cwd().resolve()
    return [f"./{_SCRIPT}" if is_here else str(home / _SCRIPT), f"jobs/{job}.py"]


def _given(arguments: Sequence[str]) -> dict[str, str]:
    found, before = {}, ""
    for word in arguments:
        name, sign, value = word.partition("=")
        if before in _SHARED:
            found[before] = word
        elif sign and name in _SHARED:
            found[name] = value
        before = "" if before in _SHARED else word
    return {name: found[name] for name in _SHARED if name in found}
