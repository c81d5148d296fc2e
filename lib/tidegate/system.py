"""System: the definition of one prediction problem, from its sources to its page."""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from types import ModuleType

from pyspark.sql import DataFrame, SparkSession

from tidegate.datasets.future_labels import FutureLabels
from tidegate.declared_names import require_distinct, require_name
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, UnknownSystemError
from tidegate.moments import require_moment
from tidegate.period import Period, require_zone
from tidegate.pipelines.definitions import InferencePipeline, TrainingPipeline
from tidegate.pipelines.feature_pipeline import FeaturePipeline

EXAMPLES = "tidegate_examples"


@dataclass(frozen=True)
class PageInputs:
    """The inputs of the function that writes a system's page.

    Attributes:
        predictions: Rows of the prediction table.
        outcomes: The labels as they are known now.
        metrics: Test metrics by name of the model, then by name of the metric.
        path: Path of the page's file.
        generated_at: When the page is made, UTC.
        note: A note that the page must show, such as that the predictions are the base rate, and why; empty for none.

    Raises:
        NaiveMomentError: `generated_at` has no zone.
    """

    predictions: DataFrame
    outcomes: DataFrame
    metrics: Mapping[str, Mapping[str, float]]
    path: str
    generated_at: datetime
    note: str = ""

    def __post_init__(self) -> None:
        require_moment(self.generated_at, "generated_at of a page")


@dataclass(frozen=True)
class System:
    """One prediction problem: its feature pipeline, training pipeline and inference pipeline.

    Attributes:
        name: Short name. The configuration file, the landing folder, the prediction table and the page have this name.
        description: The question that the system answers.
        zone: Time zone of the calendar days of landing files and of `--day`.
        features: The feature pipeline: sources and feature groups.
        training: The training pipeline: view, model, and the columns that the model reads.
        inference: The inference pipeline: view, model, and prediction table.
        land: Function that writes the landing files of a period, for a system whose data comes in a Python package. It gets the
            session, the URI of the system's landing folder, and the period. None if the files are delivered.
        write_page: Function that writes the page; None if the system has no page.

    Raises:
        DefinitionError: An attribute does not have its declared type, the name is invalid, the zone is unknown, or the names of
            two feature groups differ only in upper and lower case.
    """

    name: str
    description: str
    zone: str
    features: FeaturePipeline
    training: TrainingPipeline
    inference: InferencePipeline
    land: Callable[[SparkSession, str, Period], None] | None = None
    write_page: Callable[[PageInputs], None] | None = None

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_name(self.name, "system")
        require_zone(self.zone, f"system {self.name!r}")
        views = (self.training.view, self.inference.view)
        read = {group.full_name for view in views for group in view.stored_groups}
        groups = sorted(read | {step.group.full_name for step in self.features.steps})
        require_distinct(groups, f"system {self.name!r}: feature groups", "give one of them another name")
        if self.write_page is not None and isinstance(self.inference.view.labels, FutureLabels):
            raise DefinitionError(
                f"system {self.name!r}: write_page needs stored labels, but those of view {self.inference.view.full_name} are "
                "computed from the future. Remove write_page, or store the labels in a feature group."
            )

    def allowing_absent(self) -> "System":
        """Return the same system with views that allow every feature group to be absent, for one run."""
        training = replace(self.training, view=self.training.view.allowing_absent())
        inference = replace(self.inference, view=self.inference.view.allowing_absent())
        return replace(self, training=training, inference=inference)


def load_system(name: str) -> System:
    """Import a package and return its `SYSTEM`.

    Args:
        name: Short name of an example, or dotted name of any importable package.

    Raises:
        UnknownSystemError: The package can't be imported, or has no SYSTEM.
    """
    module = import_package(name, "SYSTEM")
    system = getattr(module, "SYSTEM", None)
    if not isinstance(system, System):
        raise UnknownSystemError(name, available_systems(), f"package {module.__name__} has no SYSTEM")
    return system


def import_package(name: str, declared: str) -> ModuleType:
    """Import and return a package.

    Args:
        name: Short name of an example, or dotted name of any importable package.
        declared: Name that the package should define, such as SYSTEM; the message lists the examples that define it.

    Raises:
        UnknownSystemError: The package can't be imported.
    """
    dotted = name if "." in name else f"{EXAMPLES}.{name}"
    try:
        return import_module(dotted)
    except ModuleNotFoundError as error:
        if error.name is None or not dotted.startswith(error.name):
            raise
        raise UnknownSystemError(name, examples_with(declared), f"package {error.name} can't be imported", declared) from None


def available_systems() -> list[str]:
    """Return the short names of the examples that define a SYSTEM."""
    return examples_with("SYSTEM")


def examples_with(attribute: str) -> list[str]:
    """Return the short names of the examples whose package defines this name."""
    try:
        package = import_module(EXAMPLES)
    except ModuleNotFoundError:
        return []
    packages = [module.name for module in pkgutil.iter_modules(package.__path__) if module.ispkg]
    return [name for name in packages if hasattr(import_module(f"{EXAMPLES}.{name}"), attribute)]
