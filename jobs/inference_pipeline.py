"""Score days with the champion and write the page: ./spark-submit.sh jobs/inference_pipeline.py --help."""

import sys
from collections.abc import Sequence

from tidegate.commands.inference_pipeline import inference_pipeline
from tidegate.commands.run import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code."""
    return run_command(inference_pipeline, arguments)


if __name__ == "__main__":
    sys.exit(main())
