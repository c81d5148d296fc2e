"""Search the features of a store: ./spark-submit.sh jobs/features.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.features import features
from tidegate.commands.run import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(features, arguments)


if __name__ == "__main__":
    sys.exit(main())
