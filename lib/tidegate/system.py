"""A system: one prediction problem from its sources to its page."""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from types import ModuleType

from pyspark.sql import DataFrame, SparkSession

from tidegate.declared_names import require_distinct, require_name
from tidegate.declared_types import require_declared_types
from tidegate.errors import UnknownSystemError
from tidegate.moments import require_moment
from tidegate.period import Period, require_zone
from tidegate.pipelines.definitions import InferencePipeline, TrainingPipeline
from tidegate.pipelines.feature_pipeline import FeaturePipeline

EXAMPLES = "tidegate_examples"


@dataclass(frozen=True)
class PageInputs:
    """What a system's page is drawn from.

    Attributes:
        predictions: The prediction table.
        outcomes: The labels as they are known now.
        metrics: Test metrics by model, then by measure.
        path: Where the page goes.
        generated_at: When it is made, UTC.
        note: What every reader has to be told of the predictions, such as that they are the base rate and why; empty: nothing.
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
    """One prediction problem end to end.

    Attributes:
        name: Short name: of its configuration file, landing folder, prediction table and page.
        description: The question it answers.
        zone: Zone whose calendar days the landing files and `--day` mean.
        features: Sources and feature groups.
        training: View, model and what it reads.
        inference: View, model and prediction table.
        land: Writes a period's landing files, for systems whose data comes in a package; None where a feed does it.
        write_page: Draws the page; None where there is none.

    Raises:
        DefinitionError: An attribute is of another type than declared, the name can't be used, or the zone is not known.
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
        read = {group.full_name for view in views for group in (view.spine, view.labels, *view.groups)}
        groups = sorted(read | {step.group.full_name for step in self.features.steps})
        require_distinct(groups, f"system {self.name!r}: feature groups", "give one of them another name")

    def allowing_absent(self) -> "System":
        """Return the same system, whose views let every feature group be absent: for one run."""
        training = replace(self.training, view=self.training.view.allowing_absent())
        inference = replace(self.inference, view=self.inference.view.allowing_absent())
        return replace(self, training=training, inference=inference)


def load_system(name: str) -> System:
    """Return the system of a short name (an example) or of a dotted name (any importable package with a `SYSTEM`).

    Raises:
        UnknownSystemError: There is no such package, or it has no SYSTEM.
    """
    module = import_package(name, "SYSTEM")
    system = getattr(module, "SYSTEM", None)
    if not isinstance(system, System):
        raise UnknownSystemError(name, available_systems(), f"package {module.__name__} has no SYSTEM")
    return system


def import_package(name: str, declared: str) -> ModuleType:
    """Return the package of a short name (an example) or of a dotted name.

    Args:
        name: The name.
        declared: What the package is to declare; a message names the examples that do.

    Raises:
        UnknownSystemError: There is no such package.
    """
    dotted = name if "." in name else f"{EXAMPLES}.{name}"
    try:
        return import_module(dotted)
    except ModuleNotFoundError as error:
        if error.name is None or not dotted.startswith(error.name):
            raise
        raise UnknownSystemError(name, examples_with(declared), f"package {error.name} can't be imported", declared) from None


def available_systems() -> list[str]:
    """Return the short names of the example systems: packages with a SYSTEM, not those that only read data so far."""
    return examples_with("SYSTEM")


def examples_with(attribute: str) -> list[str]:
    """Return the short names of the examples whose package declares something of that name."""
    try:
        package = import_module(EXAMPLES)
    except ModuleNotFoundError:
        return []
    packages = [module.name for module in pkgutil.iter_modules(package.__path__) if module.ispkg]
    return [name for name in packages if hasattr(import_module(f"{EXAMPLES}.{name}"), attribute)]
