"""Load new files and versions of Delta tables into feature groups: ./spark-submit.sh jobs/load.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.load import load
from tidegate.commands.run import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(load, arguments)


if __name__ == "__main__":
    sys.exit(main())
