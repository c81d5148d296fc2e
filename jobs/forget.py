"""Erase people from every table of a store: ./spark-submit.sh jobs/forget.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.forget import forget
from tidegate.commands.run import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(forget, arguments)


if __name__ == "__main__":
    sys.exit(main())
