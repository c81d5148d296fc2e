"""Run a system end to end: ./spark-submit.sh jobs/run_system.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.run import run_command
from tidegate.commands.run_system import run_system


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(run_system, arguments)


if __name__ == "__main__":
    sys.exit(main())
