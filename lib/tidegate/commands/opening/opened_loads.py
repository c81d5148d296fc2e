"""Open what a command needs to work with the loads of a package: its declarations, the settings and the store."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tidegate.commands.opening.context import SharedOptions, opened_root
from tidegate.config import load_settings, load_store_settings
from tidegate.feature_store import FeatureStore
from tidegate.loads import PackageLoads


@dataclass(frozen=True)
class OpenedLoads:
    """The loads that a package declares, and the store into which they are loaded."""

    loads: PackageLoads
    store: FeatureStore

    def landing(self, given: str | None) -> str:
        """Return the given landing zone, or the package's landing folder under the root if none is given."""
        return given or self.store.layout.landing(self.loads.name)


@contextmanager
def opened_loads(choice: SharedOptions, loads: PackageLoads, command: str, writes: bool) -> Iterator[OpenedLoads]:
    """Load and check the settings, and open the store. For a package without a system, only `base.yml` is read.

    Raises:
        ConfigurationError, RootNotWritableError, UnsafeLogStoreError, RootFormatError: The command can't start.
    """
    folder, environment = choice.settings_folder, choice.environment
    if loads.system is None:
        settings = load_store_settings(folder, environment, choice.overrides)
    else:
        settings = load_settings(folder, loads.name, environment, choice.overrides)
    with opened_root(choice, settings, f"{command} {loads.name}", writes) as store:
        yield OpenedLoads(loads, FeatureStore(store.spark, store.layout.root))
