"""System: the definition of one prediction problem, from its sources to its page."""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module

from pyspark.sql import DataFrame, SparkSession

from tidegate.datasets.future_labels import FutureLabels
from tidegate.datasets.view import FeatureView
from tidegate.declared_names import require_distinct, require_name
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, MissingPartError, UnknownSystemError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.feature_groups.steps.order import in_order
from tidegate.moments import require_moment
from tidegate.period import Period, require_zone
from tidegate.pipelines.definitions import InferencePipeline, TrainingPipeline
from tidegate.pipelines.feature_pipeline import all_steps, sources_of
from tidegate.sources.source import Source

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
    """One prediction problem: the steps of its features, its training pipeline and its inference pipeline.

    A package defines it in one attribute, `SYSTEM`. All parts but the steps are optional: a package may only load its sources.

    Attributes:
        name: Short name. The configuration file, the landing folder, the prediction table and the page have this name.
        description: The question that the system answers.
        zone: Time zone of the calendar days of `--day`.
        steps: How its feature groups are computed from sources and other feature groups, in any order.
        training: The training pipeline: view, model, and the columns that the model reads; None if it trains no model.
        inference: The inference pipeline: view, model, and prediction table; None if it predicts nothing.
        land: Function that writes the landing files of a period, for a system whose data comes in a Python package. It gets the
            session, the URI of the system's landing folder, and the period. None if the files are delivered.
        write_page: Function that writes the page; None if the system has no page.

    Raises:
        DefinitionError: An attribute does not have its declared type, the name is invalid, the zone is unknown, the names of
            two feature groups differ only in upper and lower case, two sources have the same name, steps need each other, a step
            reads a feature group of another definition, or there is a page without predictions.
    """

    name: str
    description: str
    zone: str = "UTC"
    steps: tuple[FeatureStep, ...] = ()
    training: TrainingPipeline | None = None
    inference: InferencePipeline | None = None
    land: Callable[[SparkSession, str, Period], None] | None = None
    write_page: Callable[[PageInputs], None] | None = None

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_name(self.name, "system")
        require_zone(self.zone, f"system {self.name!r}")
        where = f"system {self.name!r}"
        in_order(all_steps(self.steps))
        sources_of(self.steps)
        names = sorted({group.full_name for group in self.groups})
        require_distinct(names, f"{where}: feature groups", "give one of them another name")
        if self.write_page is not None and self.inference is None:
            raise DefinitionError(f"{where}: write_page needs predictions. Declare `inference`, or remove write_page.")
        if self.write_page is not None and self.inference is not None and isinstance(self.inference.view.labels, FutureLabels):
            raise DefinitionError(
                f"system {self.name!r}: write_page needs stored labels, but those of view {self.inference.view.full_name} are "
                "computed from the future. Remove write_page, or store the labels in a feature group."
            )

    @property
    def views(self) -> tuple[FeatureView, ...]:
        """The feature views of training and inference, each once."""
        return tuple(dict.fromkeys(each.view for each in (self.training, self.inference) if each is not None))

    @property
    def groups(self) -> tuple[FeatureGroup, ...]:
        """The feature groups that the system writes or reads, each once. Sources that are stored are among them."""
        computed = (step.group for step in all_steps(self.steps))
        read = (each.group for step in self.steps for each in step.reads)
        viewed = (group for view in self.views for group in view.stored_groups)
        return tuple(dict.fromkeys((*computed, *read, *viewed)))

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources that the steps read, each once."""
        return tuple(sources_of(self.steps).values())

    def require_training(self) -> TrainingPipeline:
        """Return the training pipeline.

        Raises:
            MissingPartError: The system has none.
        """
        if self.training is None:
            raise MissingPartError(self.name, "training", "TrainingPipeline(...)")
        return self.training

    def require_inference(self) -> InferencePipeline:
        """Return the inference pipeline.

        Raises:
            MissingPartError: The system has none.
        """
        if self.inference is None:
            raise MissingPartError(self.name, "inference", "InferencePipeline(...)")
        return self.inference

    def allowing_absent(self) -> "System":
        """Return the same system with views that allow every feature group to be absent, for one run."""
        training, inference = self.training, self.inference
        return replace(
            self,
            training=training and replace(training, view=training.view.allowing_absent()),
            inference=inference and replace(inference, view=inference.view.allowing_absent()),
        )


def load_system(name: str) -> System:
    """Import a package and return its `SYSTEM`.

    Args:
        name: Short name of an example, or dotted name of any importable package.

    Raises:
        UnknownSystemError: The package can't be imported, or has no SYSTEM.
    """
    dotted = name if "." in name else f"{EXAMPLES}.{name}"
    try:
        module = import_module(dotted)
    except ModuleNotFoundError as error:
        if error.name is None or not dotted.startswith(error.name):
            raise
        raise UnknownSystemError(name, available_systems(), f"package {error.name} can't be imported") from None
    system = getattr(module, "SYSTEM", None)
    if not isinstance(system, System):
        found = "no SYSTEM" if system is None else f"a SYSTEM of type {type(system).__name__}, which is no tidegate.System"
        raise UnknownSystemError(name, available_systems(), f"package {module.__name__} has {found}")
    return system


def available_systems() -> list[str]:
    """Return the short names of the examples that define a SYSTEM."""
    try:
        package = import_module(EXAMPLES)
    except ModuleNotFoundError:
        return []
    packages = [module.name for module in pkgutil.iter_modules(package.__path__) if module.ispkg]
    return [name for name in packages if hasattr(import_module(f"{EXAMPLES}.{name}"), "SYSTEM")]
