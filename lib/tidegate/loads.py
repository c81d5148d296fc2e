"""Find and check the `LOADS` of a package: the files and Delta tables that it loads into feature groups."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyspark.sql import SparkSession

from tidegate.declared_names import require_distinct
from tidegate.errors import NoLoadsError, UnknownGroupError, UnknownSourceError
from tidegate.feature_groups.definition import FeatureGroup
from tidegate.hadoop import is_relative
from tidegate.pipelines.loading import Loading
from tidegate.system import System, examples_with, import_package
from tidegate.system_plan import system_groups

_DECLARED = "LOADS"


@dataclass(frozen=True)
class PackageLoads:
    """The declarations of a package.

    Attributes:
        name: Name of its system, or else the last part of the package's name. The package's landing folder has this name.
        package: Full name of the package.
        loadings: Its `LOADS`, in the declared order.
        system: Its `SYSTEM`; None if it has none.
    """

    name: str
    package: str
    loadings: tuple[Loading, ...]
    system: System | None

    @property
    def groups(self) -> list[FeatureGroup]:
        """The feature groups of the loadings, then those of the system, each once."""
        of_system = [] if self.system is None else system_groups(self.system)
        return list(dict.fromkeys([*(loading.group for loading in self.loadings), *of_system]))

    def loadings_of(self, source: str | None) -> tuple[Loading, ...]:
        """Return the loadings of the source with this name; None: all loadings.

        Raises:
            UnknownSourceError: The package loads no source of this name.
        """
        found = tuple(loading for loading in self.loadings if source in (None, loading.source.name))
        if source is not None and not found:
            raise UnknownSourceError(source, self.package, [loading.source.name for loading in self.loadings])
        return found

    def groups_of(self, group: str | None) -> list[FeatureGroup]:
        """Return the feature groups with this name, which may include a version; None: all groups.

        Raises:
            UnknownGroupError: The package has no feature group of this name.
        """
        found = [each for each in self.groups if group in (None, each.name, each.full_name)]
        if group is not None and not found:
            raise UnknownGroupError(group, {each.full_name for each in self.groups}, f"package {self.package}")
        return found


def package_loads(name: str) -> PackageLoads:
    """Import a package and return its declarations.

    Args:
        name: Short name of an example, or dotted name of any importable package.

    Raises:
        UnknownSystemError: The package can't be imported.
        NoLoadsError: The package declares neither LOADS nor SYSTEM, LOADS is not a sequence of Loading, or two loadings have
            the same source.
        DefinitionError: Two feature groups have the same name, or names that differ only in upper and lower case.
    """
    module = import_package(name, _DECLARED)
    system, loadings = getattr(module, "SYSTEM", None), getattr(module, _DECLARED, ())
    system = system if isinstance(system, System) else None
    if not isinstance(loadings, Sequence) or not all(isinstance(loading, Loading) for loading in loadings):
        raise NoLoadsError(module.__name__, f"has LOADS of {type(loadings).__name__}", examples_with(_DECLARED))
    names = [loading.source.name for loading in loadings]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        what = f"has LOADS with two entries of the source {', '.join(twice)}; only one of them would load its files"
        raise NoLoadsError(module.__name__, what, examples_with(_DECLARED))
    groups = sorted({loading.group.full_name for loading in loadings})
    require_distinct(groups, f"package {module.__name__}: LOADS: feature groups", "give one of them another name")
    if system is None and not loadings:
        raise NoLoadsError(module.__name__, "has no LOADS", examples_with(_DECLARED))
    short = module.__name__.rpartition(".")[2] if system is None else system.name
    return PackageLoads(short, module.__name__, tuple(loadings), system)


def require_loadings(loads: PackageLoads) -> None:
    """Raise NoLoadsError if a package has a system, but no LOADS."""
    if not loads.loadings:
        raise NoLoadsError(loads.package, "has no LOADS", examples_with(_DECLARED))


def located(spark: SparkSession, loading: Loading, landing: str) -> Loading:
    """Return the loading; a relative folder is completed with the landing zone."""
    if is_relative(spark, loading.folder):
        return replace(loading, folder=f"{landing.rstrip('/')}/{loading.folder}")
    return loading
