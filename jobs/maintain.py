"""Maintain a store: ./spark-submit.sh jobs/maintain.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.maintain import maintain
from tidegate.commands.run import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(maintain, arguments)


if __name__ == "__main__":
    sys.exit(main())
