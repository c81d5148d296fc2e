"""Errors about the rows, tables and versions of feature groups, and about the catalog of a store."""

from collections.abc import Iterable, Sequence

from tidegate.errors.base import TidegateError, did_you_mean


class DuplicateRowsError(TidegateError):
    """Rows of one batch have the same entity key, event_time and available_at, but different values."""

    def __init__(self, group: str, rows: int, example: str) -> None:
        super().__init__(
            f"feature group {group}: {rows} row(s) of the batch differ from another row with the same key, event_time and "
            f"available_at, for example {example}. Declare `sequence`, the column that orders such rows, or correct the source. "
            "Nothing was written."
        )


class ContradictingRowsError(TidegateError):
    """Rows of a batch differ from stored rows with the same entity key, event_time and available_at."""

    def __init__(self, group: str, rows: int, example: str) -> None:
        super().__init__(
            f"feature group {group}: {rows} row(s) differ from the stored row with the same key, event_time and available_at, "
            f"for example {example}. Which of the two is valid would depend on the order of the batches. Give a corrected row "
            "a later available_at, or declare `sequence`, the column that orders such rows, or delete the period with purge and "
            "load it again. Nothing was written."
        )


class ImmutableRowsError(TidegateError):
    """Rows of a batch would change an event of an immutable feature group."""

    def __init__(self, group: str, rows: int, example: str) -> None:
        super().__init__(
            f"feature group {group} is immutable, and {rows} row(s) of the batch would change one of its events, for example "
            f"{example}. Such a row is a tombstone, or it differs from a stored row, or from another row of the batch, with the "
            "same key and event_time. Correct the source. If events really change, define a new version of the group with "
            "immutable=False (history='all' keeps every observation). To remove wrong events, delete them with purge. No row was "
            "stored."
        )


class SettledRowsError(TidegateError):
    """Rows would change a part of the history in which maintenance has already removed repeated observations."""

    def __init__(self, group: str, rows: int, moment: str) -> None:
        super().__init__(
            f"feature group {group}: {rows} row(s) have an available_at before {moment} and other values than the table held "
            "at that time. Maintenance has removed repeated observations up to this moment (collapse_after), so these rows can "
            "no longer be inserted into the history. Give them a later available_at, or load the feature group in a new "
            "version. Nothing was written."
        )


class HistoryError(TidegateError):
    """A feature group that stores only the newest observations was asked what was known at an earlier moment."""

    def __init__(self, group: str) -> None:
        super().__init__(
            f"feature group {group} stores only the newest observations (history='latest'), not what was known at an earlier "
            "moment. Define a feature group with history='all' to store that too."
        )


class MissingGroupError(TidegateError):
    """A feature group has no table yet."""

    def __init__(self, group: str, root: str, available: Iterable[str] = ()) -> None:
        names = sorted(available)
        there = f" There are tables of these feature groups: {', '.join(names)}.{did_you_mean(group, names)}" if names else ""
        super().__init__(
            f"feature group {group} has no table under {root}.{there} Write the group, or run the feature pipeline first: "
            "./spark-submit.sh jobs/feature_pipeline.py --system SYSTEM --from DAY --to DAY"
        )


class MissingPredictionsError(TidegateError):
    """The store has no prediction table of this name."""

    def __init__(self, name: str, root: str, available: Iterable[str]) -> None:
        names = sorted(available)
        super().__init__(
            f"there is no prediction table {name!r} under {root}; available: {', '.join(names) or 'none'}."
            f"{did_you_mean(name, names)} The inference pipeline of a system makes its prediction table: "
            "./spark-submit.sh jobs/inference_pipeline.py --system SYSTEM --day DAY"
        )


class MissingVersionError(TidegateError):
    """A table does not have the requested version."""

    def __init__(self, table: str, version: int, newest: int) -> None:
        super().__init__(
            f"{table} has no table version {version}; the newest is {newest}. Versions start at 0; FeatureStore.history lists "
            "them."
        )


class MissingCatalogError(TidegateError):
    """A store has no catalog of features yet."""

    def __init__(self, root: str) -> None:
        super().__init__(
            f"root {root!r} has no catalog of features (table `features`). Give the root of a store with --root. In a new store "
            "the feature pipeline makes the catalog: ./spark-submit.sh jobs/feature_pipeline.py --system SYSTEM --day DAY"
        )


class UnknownGroupError(TidegateError):
    """A catalog, a system or a package has no feature group of this name."""

    def __init__(self, group: str, available: Iterable[str], where: str = "the catalog") -> None:
        names = sorted(available)
        super().__init__(
            f"{where} has no feature group {group!r}; available: {', '.join(names) or 'none'}.{did_you_mean(group, names)}"
        )


class GroupInUseError(TidegateError):
    """A feature group should be dropped, but the system still defines it, or a release in use reads it."""

    def __init__(self, group: str, release: str | None = None) -> None:
        why, step = "a step or a feature view of the system names it", "Remove it from the definitions first."
        if release is not None:
            why, step = f"{release} reads it", "Promote versions that don't read it first."
        super().__init__(f"feature group {group} can't be dropped, because {why}. {step} Nothing was dropped.")


class ForeignTableInsideError(TidegateError):
    """The folder of a table that should be dropped contains a table that is not the store's."""

    def __init__(self, table: str, inside: Sequence[str]) -> None:
        super().__init__(
            f"{table} can't be dropped, because its folder contains tables that are not the store's: {', '.join(inside)}. Move "
            "them out of this folder. Nothing was dropped."
        )


class UnknownFeatureError(TidegateError):
    """The store has no statistics of a feature of this name."""

    def __init__(self, feature: str, available: Iterable[str]) -> None:
        names = sorted(set(available))
        super().__init__(
            f"there are no statistics of a feature {feature!r}; available: {', '.join(names) or 'none'}."
            f"{did_you_mean(feature, names)} Personal columns have no statistics."
        )


class MissingStatisticsError(TidegateError):
    """A store has no statistics of features yet."""

    def __init__(self, root: str) -> None:
        super().__init__(
            f"root {root!r} has no statistics of features. Every commit to a feature group records them; run the feature "
            "pipeline first: ./spark-submit.sh jobs/feature_pipeline.py --system SYSTEM --from DAY --to DAY"
        )


class NothingToPredictError(TidegateError):
    """The spine has no row in the period, so there is nothing to predict."""

    def __init__(self, group: str, period: str) -> None:
        super().__init__(
            f"feature group {group} has no row to predict in {period}. Load these days: "
            "./spark-submit.sh jobs/feature_pipeline.py --system SYSTEM --from DAY --to DAY, or choose days that are loaded."
        )


class UnmappedTableError(TidegateError):
    """A Delta table under the root is not in the map of subjects, so that an erasure would not search it."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(
            f"the map of subjects does not contain {', '.join(paths)} under the root. Rows of a person could remain there. If "
            "the table is a source, move it into the landing zone; otherwise move it out of the root. tidegate can erase rows "
            "only from tables that were written through tidegate. Nothing was changed."
        )


class KeysFileError(TidegateError):
    """The file with the keys of the rows to delete can't be used."""

    def __init__(self, path: str, reason: str, allowed: Sequence[str]) -> None:
        super().__init__(
            f"keys file {path!r}: {reason}. Give a CSV file with a header that has one or several of the columns "
            f"{', '.join(allowed)}. Nothing was changed."
        )
