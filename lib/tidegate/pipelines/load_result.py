"""The result of a load, whose counts add up."""

from collections.abc import Sequence
from dataclasses import dataclass

from tidegate.feature_groups.writing.result import WriteResult
from tidegate.sources.positions import FilesToLoad
from tidegate.sources.source import Source


@dataclass(frozen=True)
class LoadResult:
    """The result of a load.

    Attributes:
        source: Name of the source.
        groups: Full names of the feature groups into which its rows were loaded.
        files: Names of the files that were loaded by this run.
        changed: Names of those among them that were loaded before, and have another size or time now.
        vanished: Names of files that were loaded before and no longer exist.
        rows: Number of rows in the files: accepted + quarantined + dropped + suppressed.
        quarantined: Number of rows held back because they can't be read or break an expectation.
        dropped: Number of rows left out because they break an expectation with the action "drop".
        suppressed: Number of rows that would be quarantined, but are of erased people and are not stored anywhere. Accepted rows
            of erased people are counted in `written`.
        warnings: Broken expectations with the action "warn". Their rows are loaded.
        written: The write results of the accepted rows, one for each batch and group; empty if there was no new file.
    """

    source: str
    groups: tuple[str, ...]
    files: tuple[str, ...]
    changed: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    rows: int = 0
    quarantined: int = 0
    dropped: int = 0
    suppressed: int = 0
    warnings: tuple[str, ...] = ()
    written: tuple[WriteResult, ...] = ()

    @property
    def accepted(self) -> int:
        """Number of rows that were passed on to the feature groups."""
        return self.rows - self.quarantined - self.dropped - self.suppressed

    @property
    def summary(self) -> str:
        """The result in one line."""
        gone = f"; {len(self.vanished)} files that were loaded before no longer exist" if self.vanished else ""
        if not self.files:
            return f"no new file{gone}"
        names = ("accepted", "quarantined", "dropped", "suppressed")
        counts = {name: getattr(self, name) for name in names}
        parts = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
        written = f"; {self.written[-1].summary}" if self.written else ""
        warned = "".join(f"; WARNING {warning}" for warning in self.warnings)
        return f"{len(self.files)} files, {self.rows:,} rows: {parts or 'none'}{written}{warned}{gone}"


def total_result(source: Source, groups: tuple[str, ...], todo: FilesToLoad, results: Sequence[LoadResult]) -> LoadResult:
    """Return the result of a load whose parts have these results."""
    return LoadResult(
        source=source.name,
        groups=groups,
        files=tuple(file.name for file in todo.files),
        changed=tuple(file.name for file in todo.changed),
        vanished=todo.vanished,
        rows=sum(result.rows for result in results),
        quarantined=sum(result.quarantined for result in results),
        dropped=sum(result.dropped for result in results),
        suppressed=sum(result.suppressed for result in results),
        warnings=tuple(warning for result in results for warning in result.warnings),
        written=tuple(written for result in results for written in result.written),
    )
