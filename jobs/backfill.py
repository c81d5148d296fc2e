"""Fill one version of a feature group: ./spark-submit.sh jobs/backfill.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.backfill import backfill
from tidegate.commands.run import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(backfill, arguments)


if __name__ == "__main__":
    sys.exit(main())
