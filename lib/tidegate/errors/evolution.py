"""Errors of feature groups whose definition and table differ."""

from collections.abc import Iterable

from tidegate.errors.base import TidegateError


class DefinitionDiffersError(TidegateError):
    """A definition says more than its table, and nobody has said that the table should follow."""

    def __init__(self, group: str, changes: Iterable[str]) -> None:
        super().__init__(
            f"feature group {group}: its table differs from the definition: {'; '.join(changes)}. Stored rows would have NULL in "
            "added columns. If that is right, run ./spark-submit.sh jobs/evolve.py --system SYSTEM (jobs/plan.py shows what it "
            "would do); else give the group a new version. Nothing was written."
        )


class NewVersionNeededError(TidegateError):
    """A definition contradicts its table."""

    def __init__(self, group: str, version: int, obstacles: Iterable[str]) -> None:
        super().__init__(
            f"feature group {group}_v{version}: its table can't become what the definition says: {'; '.join(obstacles)}. "
            f"Define version {version + 1} beside version {version} and fill it: ./spark-submit.sh jobs/backfill.py "
            f"--system SYSTEM --group {group}_v{version + 1}; or run the code whose definition the table has. "
            "Nothing was changed."
        )


class AmbiguousGroupError(TidegateError):
    """A name stands for several versions of a group."""

    def __init__(self, group: str, available: Iterable[str]) -> None:
        super().__init__(f"feature group {group!r} is there as {', '.join(sorted(available))}; name one of them with --group.")


class NoOlderVersionError(TidegateError):
    """A group was to be filled from an older version, and its step names none."""

    def __init__(self, group: str) -> None:
        super().__init__(
            f"feature group {group}: its step names no older version to be filled from. Set `older=OlderVersion(...)` of its "
            "FeatureStep, or fill it from the sources: --from DAY --to DAY without --older."
        )
