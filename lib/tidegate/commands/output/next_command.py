"""Command lines that a result or a message suggests, with the system, root and configuration of the running command."""

import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tidegate.code_version import home

# The options that determine the system, root and configuration of a command.
_SHARED = ("--system", "--root", "--conf-dir", "--env")
# How messages of the library write a command, since they don't know the system. DAY is not replaced: the user chooses it.
_WRITTEN = re.compile(r"\./spark-submit\.sh jobs/(?P<job>\w+)\.py(?P<verb> [a-z]+)? --system SYSTEM(?: --root ROOT)?")
_SCRIPT = "spark-submit.sh"


def next_command(job: str, shared: Mapping[str, object], options: Mapping[str, object]) -> str:
    """Return the command line of a job, quoted for a shell.

    Args:
        job: Name of the job, such as `run_system`, or name and verb, such as `release show`.
        shared: The options that determine its system, root and configuration; an option with the value None is left out.
        options: Further options of the job, such as `{"--day": day}`; None is left out here too.
    """
    given = [(name, str(value)) for name, value in {**shared, **options}.items() if value is not None]
    return shlex.join([*_launcher(job), *(word for pair in given for word in pair)])


def filled_in(message: str, arguments: Sequence[str]) -> str:
    """Return the message, with the system, root and configuration of the running command put into its command lines.

    Args:
        message: The message of an error.
        arguments: The arguments of the running command. Without `--system` among them the message is not changed.
    """
    shared = _given(arguments)
    return completed(message, shared) if "--system" in shared else message


def completed(message: str, shared: Mapping[str, object]) -> str:
    """Return the message, with these options put into its command lines; see `next_command`."""
    return _WRITTEN.sub(lambda found: next_command(found["job"] + (found["verb"] or ""), shared, {}), message)


def _launcher(job: str) -> list[str]:
    """Return the words that start a job from the current folder."""
    job, *verb = job.split(" ")
    if Path(sys.argv[0]).name == "tidegate":
        return ["tidegate", job.replace("_", "-"), *verb]
    is_here = home().resolve() == Path.cwd().resolve()
    return [f"./{_SCRIPT}" if is_here else str(home() / _SCRIPT), f"jobs/{job}.py", *verb]


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
