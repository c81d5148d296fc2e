"""Show or replace the key that recognises forgotten people: ./spark-submit.sh jobs/subject_key.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.run import run_command
from tidegate.commands.subject_key import subject_key


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(subject_key, arguments)


if __name__ == "__main__":
    sys.exit(main())
