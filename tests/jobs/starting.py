"""Start spark-submit.sh as a user does."""

import os
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
SET_UP_LINES = ("creating", "installing", "fetching")


def run(*arguments: object, checkout: Path = CHECKOUT, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the script of a checkout and return what it said."""
    command = [str(checkout / "spark-submit.sh"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **variables}, timeout=900, check=False)


def printed_command(*arguments: object, **variables: str) -> list[str]:
    """Return the words of the spark-submit command that would run."""
    printed = run("--print-command", *arguments, **variables)
    assert printed.returncode == 0, printed.stderr
    # printf %q protects commas and brackets.
    return [word.replace("\\", "") for word in printed.stdout.split()]


def value_of(command: list[str], option: str) -> str:
    assert command.count(option) == 1
    return command[command.index(option) + 1]
