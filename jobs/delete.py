"""Delete rows of a feature group: ./spark-submit.sh jobs/delete.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.delete import delete
from tidegate.commands.run import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(delete, arguments)


if __name__ == "__main__":
    sys.exit(main())
