"""What every command needs: the system, its settings, a session, the store's layout and the registry."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from tidegate.commands.opening.local_root import is_local_by_name, local_path, require_usable_root
from tidegate.commands.output.next_command import HOME_VARIABLE
from tidegate.config import Settings, StoreSettings, load_settings
from tidegate.errors import RootNotWritableError
from tidegate.feature_store import FeatureStore
from tidegate.hadoop import open_path
from tidegate.maintenance.root_format import require_format
from tidegate.registry.database import database_uri
from tidegate.registry.hadoop_artifacts import artifact_uri
from tidegate.registry.moved_root import follow_root
from tidegate.registry.registry import Registry
from tidegate.session import build_session
from tidegate.system import System, load_system
from tidegate.tables.commits.log_store import require_safe_log_store
from tidegate.tables.store import Store

LOG = logging.getLogger("tidegate")


@dataclass(frozen=True)
class SharedOptions:
    """The options that commands share, as they were given."""

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
        """The options again, for a command that goes on with the same system, root and configuration."""
        environment = None if self.environment == "local" else self.environment
        return {"--system": self.system, "--root": self.root, "--conf-dir": self.conf, "--env": environment}

    @property
    def overrides(self) -> dict[str, str]:
        """What the options say above the configuration."""
        return {} if self.root is None else {"root": self.root}


@dataclass(frozen=True)
class Context:
    """Everything a command works with."""

    system: System
    settings: Settings
    store: Store
    choice: SharedOptions

    def allowing_absent(self, allowed: bool) -> "Context":
        """Return the same context where it is not allowed, else one whose system lets feature groups be absent."""
        return replace(self, system=self.system.allowing_absent()) if allowed else self

    def landing(self, given: str | None) -> str:
        """Return the landing zone: the given one, else the system's own under the root."""
        return given or self.store.layout.landing(self.system.name)

    def registry(self) -> Registry:
        """Connect to MLflow: the configured store, else MLFLOW_TRACKING_URI, else a file under a local root."""
        root = self.store.layout.root
        uri, artifacts = registry_location(self.settings, root)
        follow_moved_root(root, uri, artifacts)
        # MLflow's own folder for models on their way is one for all users of a machine, and only its first user can write it.
        scratch = None if "MLFLOW_DFS_TMP" in os.environ else f"{root.rstrip('/')}/mlflow/scratch"
        return Registry(uri, artifacts, scratch)


@contextmanager
def opened(choice: SharedOptions, command: str, writes: bool = True, any_format: bool = False) -> Iterator[Context]:
    """Load and check everything before Spark does any work; stop Spark at the end if it was started here.

    Args:
        choice: What the options chose.
        command: Name of the command.
        writes: Whether the root is made, and its format written down; a command that only looks finds it as it is.
        any_format: Open a root of another format too, to migrate it.

    Raises:
        UnknownSystemError, ConfigurationError, RootNotReadableError, RootNotWritableError, UnsafeLogStoreError,
            RootFormatError: The command can't start.
    """
    system = load_system(choice.system)
    settings = load_settings(choice.settings_folder, system.name, choice.environment, choice.overrides)
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
    """Open a store by its root alone, to read it; nothing is made there.

    Raises:
        RootNotReadableError, RootFormatError: The store can't be opened.
    """
    where = _absolute(root, Path.cwd())
    with _session(f"tidegate {command}") as spark:
        store = FeatureStore(spark, where)
        require_usable_root(store.handle, writes=False)
        require_format(store.handle)
        yield store


def home() -> Path:
    """Return the checkout: what spark-submit.sh says, else the folder of the caller."""
    return Path(os.environ.get(HOME_VARIABLE, Path.cwd()))


def registry_location(settings: Settings, root: str) -> tuple[str, str | None]:
    """Return MLflow's tracking URI and the root of its artifacts.

    sqlite needs a local file: where the root is not local and nothing else is configured, the database stands in
    `mlflow/` of the checkout, and the log says so; the artifacts go under the root all the same.
    """
    artifacts = settings.mlflow.artifact_root
    named = settings.mlflow.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI")
    if named:
        return named, artifacts
    local = local_path(root)
    if local is not None:
        return own_database(local), artifacts or (local / "mlflow" / "artifacts").as_uri()
    database = home() / "mlflow" / "mlflow.db"
    LOG.warning("MLflow's database is %s, since sqlite can't lie under %s; set MLFLOW_TRACKING_URI to share it", database, root)
    return database_uri(database), artifacts or artifact_uri(f"{root.rstrip('/')}/mlflow/artifacts")


def follow_moved_root(root: str, uri: str, artifacts: str | None) -> None:
    """Let MLflow's database of a local root name the artifacts where they are, should the root have been moved or copied."""
    local = local_path(root)
    if local is None or artifacts is None or uri != own_database(local):
        return
    former = follow_root(local / "mlflow" / "mlflow.db", artifacts)
    if former:
        LOG.info("the root was moved: MLflow's artifacts are below %s now, no longer below %s", artifacts, ", ".join(former))


def own_database(local: Path) -> str:
    """Return the tracking URI of the database that a local root has itself."""
    return database_uri(local / "mlflow" / "mlflow.db")


def require_writable(spark: SparkSession, root: str) -> None:
    """Make the root where it isn't there; raise RootNotWritableError where that fails."""
    try:
        path, file_system = open_path(spark, root)
        made = file_system.mkdirs(path)
    except Py4JJavaError as error:
        raise RootNotWritableError(root, str(error.java_exception)) from None
    if not made:
        raise RootNotWritableError(root, "the folder can't be made")


@contextmanager
def _session(name: str) -> Iterator[SparkSession]:
    """Take the session that runs, or start one and stop it at the end."""
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
