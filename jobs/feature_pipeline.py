"""Load days of the sources into the feature groups: ./spark-submit.sh jobs/feature_pipeline.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.feature_pipeline import feature_pipeline
from tidegate.commands.run import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(feature_pipeline, arguments)


if __name__ == "__main__":
    sys.exit(main())
