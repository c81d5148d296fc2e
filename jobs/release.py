"""Promote model versions, roll back, show what is in use: ./spark-submit.sh jobs/release.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.release import release
from tidegate.commands.run import run_application


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_application(release, sys.argv[1:] if arguments is None else arguments, "release")


if __name__ == "__main__":
    sys.exit(main())
