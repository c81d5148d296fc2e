"""The `tidegate` command, which has every job as a subcommand."""

import sys
from collections.abc import Callable
from typing import Any

import typer

from tidegate.commands.backfill import backfill
from tidegate.commands.delete import delete
from tidegate.commands.evolve import evolve
from tidegate.commands.explain import explain
from tidegate.commands.feature_pipeline import feature_pipeline
from tidegate.commands.features import features
from tidegate.commands.forget import forget
from tidegate.commands.inference_pipeline import inference_pipeline
from tidegate.commands.maintain import maintain
from tidegate.commands.plan import plan
from tidegate.commands.predictions import predictions
from tidegate.commands.release import release
from tidegate.commands.requeue import requeue
from tidegate.commands.run import run_application
from tidegate.commands.run_system import run_system
from tidegate.commands.statistics import statistics
from tidegate.commands.subject_key import subject_key
from tidegate.commands.training_pipeline import training_pipeline

COMMANDS: dict[str, Callable[..., Any]] = {
    "run-system": run_system,
    "feature-pipeline": feature_pipeline,
    "training-pipeline": training_pipeline,
    "inference-pipeline": inference_pipeline,
    "predictions": predictions,
    "requeue": requeue,
    "features": features,
    "statistics": statistics,
    "delete": delete,
    "plan": plan,
    "evolve": evolve,
    "explain": explain,
    "backfill": backfill,
    "forget": forget,
    "subject-key": subject_key,
    "maintain": maintain,
}

application = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Feature, training and inference pipelines.",
)
for name, command in COMMANDS.items():
    application.command(name)(command)
application.add_typer(release, name="release")


def main() -> None:
    """Run the `tidegate` command with the arguments of the process, and exit with its exit code."""
    sys.exit(run_application(application, sys.argv[1:], "tidegate"))
