"""Add new columns and wider types of definitions to stored tables: ./spark-submit.sh jobs/evolve.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.evolve import evolve
from tidegate.commands.run import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(evolve, arguments)


if __name__ == "__main__":
    sys.exit(main())
