"""Show which stored rows give the features of one entity: ./spark-submit.sh jobs/explain.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.explain import explain
from tidegate.commands.run import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(explain, arguments)


if __name__ == "__main__":
    sys.exit(main())
