"""Show the statistics of the features of a store: ./spark-submit.sh jobs/feature_statistics.py --help.

This file can't be named `statistics.py`: Python searches the folder of a job before its own modules, and one of them has that
name.
"""

import sys
from collections.abc import Sequence

from tidegate.commands.run import run_command
from tidegate.commands.statistics import statistics


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(statistics, arguments)


if __name__ == "__main__":
    sys.exit(main())
