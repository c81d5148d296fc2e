"""Write quarantined rows that fit the definitions now: ./spark-submit.sh jobs/requeue.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.requeue import requeue
from tidegate.commands.run import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(requeue, arguments)


if __name__ == "__main__":
    sys.exit(main())
