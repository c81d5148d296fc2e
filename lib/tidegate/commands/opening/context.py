"""Open what every command needs: the system, its settings, a Spark session, the store and the registry."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from tidegate.code_version import home
from tidegate.commands.opening.local_root import require_usable_root
from tidegate.config import Settings, StoreSettings, load_settings, load_store_settings
from tidegate.errors import MissingPartError, RootNotWritableError
from tidegate.feature_store import FeatureStore
from tidegate.hadoop import is_local_by_name, open_path
from tidegate.maintenance.root_format import require_format
from tidegate.pipelines.one_source import steps_of_source
from tidegate.registry.location import open_registry
from tidegate.registry.registry import Registry
from tidegate.session import build_session
from tidegate.system import System, load_system
from tidegate.system_plan import system_sources
from tidegate.tables.commits.log_store import require_safe_log_store
from tidegate.tables.store import Store
from tidegate.training.configured_models import configured_models

LOG = logging.getLogger("tidegate")


@dataclass(frozen=True)
class SharedOptions:
    """The options that all commands share, as the user gave them."""

    system: str
    root: str | None = None
    conf: Path | None = None
    environment: str = "local"

    @property
    def settings_folder(self) -> Path:
        """The folder of the configuration."""
        return self.conf or home() / "conf"

    @property
    def shared(self) -> dict[str, object]:
        """The same options for a suggested next command; None where an option was not given."""
        environment = None if self.environment == "local" else self.environment
        return {"--system": self.system, "--root": self.root, "--conf-dir": self.conf, "--env": environment}

    @property
    def overrides(self) -> dict[str, str]:
        """The values of the options that replace values of the configuration files."""
        return {} if self.root is None else {"root": self.root}


@dataclass(frozen=True)
class Context:
    """What a command works with.

    Attributes:
        system: The system that `--system` names.
        settings: Its configuration.
        store: The opened store.
        choice: The shared options as they were given.
    """

    system: System
    settings: StoreSettings
    store: Store
    choice: SharedOptions

    def allowing_absent(self, allowed: bool) -> "Context":
        """Return the context, with a system that allows absent feature groups if `allowed` is true."""
        return replace(self, system=self.system.allowing_absent()) if allowed else self

    def with_source(self, source: str | None) -> "Context":
        """Return the context with those steps of the system that depend on one source; None: all steps.

        Raises:
            UnknownSourceError: The system has no source of this name.
        """
        if source is None:
            return self
        [wanted] = system_sources(self.system, source)
        return replace(self, system=replace(self.system, steps=steps_of_source(self.store, self.system.steps, wanted)))

    @property
    def training_settings(self) -> Settings:
        """The settings, with those of training.

        Raises:
            MissingPartError: The system has no models.
            ConfigurationError: The configuration has no settings of training.
        """
        if isinstance(self.settings, Settings):
            return self.settings
        if not self.system.models:
            raise MissingPartError(self.system.name, "models", "(Model(...),)")
        return load_settings(self.choice.settings_folder, self.system.name, self.choice.environment, self.choice.overrides)

    def landing(self, given: str | None) -> str:
        """Return the given landing zone, or the system's landing folder under the root if none is given."""
        return given or self.store.layout.landing(self.system.name)

    def registry(self) -> Registry:
        """Connect to MLflow at the configured URI, else at MLFLOW_TRACKING_URI, else to a database file under a local root."""
        mlflow = self.settings.mlflow
        return open_registry(self.store.layout.root, mlflow.tracking_uri, mlflow.artifact_root)


@contextmanager
def opened(choice: SharedOptions, command: str, writes: bool = True, any_format: bool = False) -> Iterator[Context]:
    """Load and check the system, its settings and the root, and yield the context of a command.

    Spark is stopped at the end if it was started here.

    Args:
        choice: The shared options.
        command: Name of the command, for the name of the Spark application.
        writes: Whether the command writes: then the root is created and marked with its format if it is new. Otherwise the
            root is not changed.
        any_format: Also open a root of another format, to migrate it.

    Raises:
        UnknownSystemError, ConfigurationError, RootNotReadableError, RootNotWritableError, UnsafeLogStoreError,
            RootFormatError: The command can't start.
    """
    system = load_system(choice.system)
    # A system without a file of its own can score and release, but needs one to train.
    has_file = any((choice.settings_folder / folder / f"{system.name}.yml").is_file() for folder in (".", choice.environment))
    read = load_settings if system.models and has_file else load_store_settings
    settings = read(choice.settings_folder, system.name, choice.environment, choice.overrides)
    system = configured_system(system, settings)
    with opened_root(choice, settings, f"{command} {system.name}", writes, any_format) as store:
        yield Context(system, settings, store, choice)


@contextmanager
def opened_root(
    choice: SharedOptions, settings: StoreSettings, title: str, writes: bool, any_format: bool = False
) -> Iterator[Store]:
    """Check the root and open it; see `opened`.

    Raises:
        RootNotReadableError, RootNotWritableError, UnsafeLogStoreError, RootFormatError: The command can't start.
    """
    logging.getLogger("tidegate").setLevel(settings.log_level)
    root = _absolute(settings.root, Path.cwd() if choice.root is not None else choice.settings_folder.resolve().parent)
    with _session(f"tidegate {title}") as spark:
        store = Store.open(spark, root)
        require_usable_root(store, writes)
        if settings.drivers == "several":
            require_safe_log_store(spark, store.layout.root)
        if writes:
            require_writable(spark, store.layout.root)
        if not any_format:
            require_format(store, stamp=writes)
        yield store


@contextmanager
def opened_store(root: str, command: str) -> Iterator[FeatureStore]:
    """Open the store at a root for reading, without a system or a configuration; nothing is created there.

    Raises:
        RootNotReadableError, RootFormatError: The store can't be opened.
    """
    where = _absolute(root, Path.cwd())
    with _session(f"tidegate {command}") as spark:
        store = FeatureStore(spark, where)
        require_usable_root(store.handle, writes=False)
        require_format(store.handle)
        yield store


def configured_system(system: System, settings: StoreSettings) -> System:
    """Return the system with the parameters of estimators that the configuration names.

    Raises:
        ConfigurationError: The configuration names a model, an estimator or a parameter that there is not, or a wrong value.
    """
    if not isinstance(settings, Settings):
        return system
    return replace(system, models=configured_models(system.models, settings.training.models))


def require_writable(spark: SparkSession, root: str) -> None:
    """Create the root if it does not exist; raise RootNotWritableError if that fails."""
    try:
        path, file_system = open_path(spark, root)
        made = file_system.mkdirs(path)
    except Py4JJavaError as error:
        raise RootNotWritableError(root, str(error.java_exception)) from None
    if not made:
        raise RootNotWritableError(root, "the folder can't be created")


@contextmanager
def _session(name: str) -> Iterator[SparkSession]:
    """Yield the running Spark session; if none is running, start one and stop it at the end."""
    running = SparkSession.getActiveSession()
    spark = running or build_session(name)
    try:
        yield spark
    finally:
        if running is None:
            spark.stop()


def _absolute(root: str, base: Path) -> str:
    """Return a root that does not depend on the current folder. Spark does not run yet, so the name decides."""
    if not is_local_by_name(root) or root.startswith(("file:", "/")):
        return root
    return str((base / root).resolve())
