"""Train, evaluate and register a model: ./spark-submit.sh jobs/training_pipeline.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.run import run_command
from tidegate.commands.training_pipeline import training_pipeline


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(training_pipeline, arguments)


if __name__ == "__main__":
    sys.exit(main())
