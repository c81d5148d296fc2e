"""Errors about feature groups whose table does not fit their definition, and about their versions."""

from collections.abc import Iterable

from tidegate.errors.base import TidegateError


class DefinitionDiffersError(TidegateError):
    """A definition has columns or wider types that its table does not have yet; `jobs/evolve.py` would add them."""

    def __init__(self, group: str, changes: Iterable[str]) -> None:
        super().__init__(
            f"feature group {group}: its table differs from the definition: {'; '.join(changes)}. Stored rows would have NULL in "
            "the added columns. If that is what you want, run ./spark-submit.sh jobs/evolve.py --system SYSTEM (jobs/plan.py "
            "shows what it would do); otherwise give the group a new version. Nothing was written."
        )


class NewVersionNeededError(TidegateError):
    """A table can't be changed to fit its definition; the feature group needs a new version."""

    def __init__(self, group: str, version: int, obstacles: Iterable[str]) -> None:
        super().__init__(
            f"feature group {group}_v{version}: its table can't be changed to fit the definition: {'; '.join(obstacles)}. "
            f"Define version {version + 1} in addition to version {version} and fill it: ./spark-submit.sh jobs/backfill.py "
            f"--system SYSTEM --group {group}_v{version + 1}. Or run the code with the definition that the table was made with. "
            "Nothing was changed."
        )


class AmbiguousGroupError(TidegateError):
    """A feature group has several versions, and the given name does not say which one is meant."""

    def __init__(self, group: str, available: Iterable[str]) -> None:
        super().__init__(f"feature group {group!r} has several versions: {', '.join(sorted(available))}. Give one with --group.")


class NoOlderVersionError(TidegateError):
    """A backfill should read an older version of a feature group, but the group's step names none."""

    def __init__(self, group: str) -> None:
        super().__init__(
            f"feature group {group}: its step does not name an older version from which to fill it. Set "
            "`older=OlderVersion(...)` in its FeatureStep, or fill it from the sources: --from DAY --to DAY without --older."
        )
