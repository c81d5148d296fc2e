"""What the commands need that work on what a package loads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tidegate.commands.opening.context import SharedOptions, opened_root
from tidegate.config import load_settings, load_store_settings
from tidegate.feature_store import FeatureStore
from tidegate.loads import PackageLoads


@dataclass(frozen=True)
class OpenedLoads:
    """What a package loads, and the store that it goes into."""

    loads: PackageLoads
    store: FeatureStore

    def landing(self, given: str | None) -> str:
        """Return the landing zone: the given one, else the package's own under the root."""
        return given or self.store.layout.landing(self.loads.name)


@contextmanager
def opened_loads(choice: SharedOptions, loads: PackageLoads, command: str, writes: bool) -> Iterator[OpenedLoads]:
    """Load and check the settings, and open the store; a package without a system needs `base.yml` alone.

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
