"""Write the predictions of a model into a file: ./spark-submit.sh jobs/predictions.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.predictions import predictions
from tidegate.commands.run import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(predictions, arguments)


if __name__ == "__main__":
    sys.exit(main())
