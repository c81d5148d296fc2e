"""Compare definitions with the stored tables: ./spark-submit.sh jobs/plan.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.plan import plan
from tidegate.commands.run import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(plan, arguments)


if __name__ == "__main__":
    sys.exit(main())
