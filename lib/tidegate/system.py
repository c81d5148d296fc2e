"""System: the definition of one or several prediction problems, from their sources to their page."""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module

from pyspark.sql import DataFrame, SparkSession

from tidegate.datasets.view import FeatureView
from tidegate.declared_names import require_distinct, require_name
from tidegate.declared_types import require_declared_types
from tidegate.errors import DefinitionError, MissingPartError, UnknownModelError, UnknownSystemError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.feature_groups.steps.feature_step import FeatureStep
from tidegate.feature_groups.steps.order import in_order
from tidegate.moments import require_moment
from tidegate.period import Period, require_zone
from tidegate.pipelines.feature_pipeline import all_steps, sources_of
from tidegate.sources.source import Source
from tidegate.training.model import Model

EXAMPLES = "tidegate_examples"


@dataclass(frozen=True)
class ModelResults:
    """What a page shows of one model.

    Attributes:
        predictions: The current rows of the prediction table.
        outcomes: The labels of the view, as they are known now; None if they are computed from the future and not stored.
        metrics: Test metrics by name of the fitted model, then by name of the metric.
        note: A notice that the page must show: that the naive prediction is in use, and why. Empty if a fitted model is in use.
    """

    predictions: DataFrame
    outcomes: DataFrame | None
    metrics: Mapping[str, Mapping[str, float]]
    note: str = ""


@dataclass(frozen=True)
class PageInputs:
    """The inputs of the function that writes a system's page.

    Attributes:
        models: What the page shows of each model that has predictions, by the name of the model.
        path: Path of the page's file.
        generated_at: When the page is made, UTC.

    Raises:
        NaiveMomentError: `generated_at` has no zone.
    """

    models: Mapping[str, ModelResults]
    path: str
    generated_at: datetime

    def __post_init__(self) -> None:
        require_moment(self.generated_at, "generated_at of a page")


@dataclass(frozen=True)
class System:
    """One or several prediction problems: the steps of their features, and their models.

    A package defines it in one attribute, `SYSTEM`. All parts are optional: a package may only load its sources.

    Attributes:
        name: Short name. The configuration file, the landing folder and the page have this name.
        description: The question that the system answers.
        zone: Time zone of the calendar days of `--day`.
        steps: How its feature groups are computed from sources and other feature groups, in any order.
        models: The models: each says what is learned from a feature view and predicted.
        land: Function that writes the landing files of a period, for a system whose data comes in a Python package. It gets the
            session, the URI of the system's landing folder, and the period. None if the files are delivered.
        write_page: Function that writes the page; None if the system has no page.

    Raises:
        DefinitionError: An attribute does not have its declared type, the name is invalid, the zone is unknown, the names of
            two feature groups or of two models differ only in upper and lower case, two sources have the same name, steps need
            each other, a step reads a feature group of another definition, two views of the same name and version differ, or
            there is a page without models.
    """

    name: str
    description: str
    zone: str = "UTC"
    steps: tuple[FeatureStep, ...] = ()
    models: tuple[Model, ...] = ()
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
        require_distinct((model.name for model in self.models), f"{where}: models", "give one of them another name")
        require_distinct(
            (view.full_name for view in self.views),
            f"{where}: feature views",
            "use one view, or give one another name or version",
        )
        if self.write_page is not None and not self.models:
            raise DefinitionError(f"{where}: write_page needs predictions. Declare `models`, or remove write_page.")

    @property
    def views(self) -> tuple[FeatureView, ...]:
        """The feature views of the models, each once."""
        return tuple(dict.fromkeys(model.view for model in self.models))

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

    def chosen_models(self, name: str | None = None) -> tuple[Model, ...]:
        """Return the models of the system.

        Args:
            name: Only the model with this name; None: all models.

        Raises:
            MissingPartError: The system has no models.
            UnknownModelError: It has none of this name.
        """
        if not self.models:
            raise MissingPartError(self.name, "models", "(Model(...),)")
        found = tuple(model for model in self.models if name in (None, model.name))
        if not found:
            raise UnknownModelError(str(name), self.name, [model.name for model in self.models])
        return found

    def allowing_absent(self) -> "System":
        """Return the same system with views that allow every feature group to be absent, for one run."""
        return replace(self, models=tuple(replace(model, view=model.view.allowing_absent()) for model in self.models))


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
