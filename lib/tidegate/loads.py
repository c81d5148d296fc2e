"""What a package loads from files and tables of its own: its `LOADS`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyspark.sql import SparkSession

from tidegate.declared_names import require_distinct
from tidegate.errors import NoLoadsError, UnknownGroupError, UnknownSourceError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.hadoop import is_relative
from tidegate.pipelines.loading import Loading
from tidegate.plan import system_groups
from tidegate.system import System, examples_with, import_package

_DECLARED = "LOADS"


@dataclass(frozen=True)
class PackageLoads:
    """What a package declares.

    Attributes:
        name: Short name: that of its system, else the last part of the package's name; of its folder in the landing zone.
        package: The package.
        loadings: Its `LOADS`, in their order.
        system: Its `SYSTEM`; None where it has none.
    """

    name: str
    package: str
    loadings: tuple[Loading, ...]
    system: System | None

    @property
    def groups(self) -> list[FeatureGroup]:
        """The feature groups that are loaded, then those of the system, each once."""
        of_system = [] if self.system is None else system_groups(self.system)
        return list(dict.fromkeys([*(loading.group for loading in self.loadings), *of_system]))

    def loadings_of(self, source: str | None) -> tuple[Loading, ...]:
        """Return what is loaded of a source, or all.

        Raises:
            UnknownSourceError: The package loads no source of this name.
        """
        found = tuple(loading for loading in self.loadings if source in (None, loading.source.name))
        if source is not None and not found:
            raise UnknownSourceError(source, self.package, [loading.source.name for loading in self.loadings])
        return found

    def groups_of(self, group: str | None) -> list[FeatureGroup]:
        """Return the feature groups of a name with or without version, or all.

        Raises:
            UnknownGroupError: There is none of this name.
        """
        found = [each for each in self.groups if group in (None, each.name, each.full_name)]
        if group is not None and not found:
            raise UnknownGroupError(group, {each.full_name for each in self.groups}, f"package {self.package}")
        return found


def package_loads(name: str) -> PackageLoads:
    """Return what a package declares: a short name is an example's, a dotted one that of any importable package.

    Raises:
        UnknownSystemError: There is no such package.
        NoLoadsError: It declares neither LOADS nor a SYSTEM, or LOADS is something else than a sequence of Loading, each of
            a source of its own.
    """
    module = import_package(name, _DECLARED)
    system, loadings = getattr(module, "SYSTEM", None), getattr(module, _DECLARED, ())
    system = system if isinstance(system, System) else None
    if not isinstance(loadings, Sequence) or not all(isinstance(loading, Loading) for loading in loadings):
        raise NoLoadsError(module.__name__, f"has LOADS of {type(loadings).__name__}", examples_with(_DECLARED))
    names = [loading.source.name for loading in loadings]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        what = f"has LOADS with the source {', '.join(twice)} twice, whose files would be loaded by one of them only"
        raise NoLoadsError(module.__name__, what, examples_with(_DECLARED))
    groups = sorted({loading.group.full_name for loading in loadings})
    require_distinct(groups, f"package {module.__name__}: LOADS: feature groups", "give one of them another name")
    if system is None and not loadings:
        raise NoLoadsError(module.__name__, "has no LOADS", examples_with(_DECLARED))
    short = module.__name__.rpartition(".")[2] if system is None else system.name
    return PackageLoads(short, module.__name__, tuple(loadings), system)


def require_loadings(loads: PackageLoads) -> None:
    """Raise NoLoadsError where a package has a system, but nothing of its own to load."""
    if not loads.loadings:
        raise NoLoadsError(loads.package, "has no LOADS", examples_with(_DECLARED))


def located(spark: SparkSession, loading: Loading, landing: str) -> Loading:
    """Return the loading with its folder below the landing zone, unless it says itself where that is."""
    if is_relative(spark, loading.folder):
        return replace(loading, folder=f"{landing.rstrip('/')}/{loading.folder}")
    return loading
