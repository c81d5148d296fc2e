"""Errors of feature groups and of the store."""

from collections.abc import Iterable, Sequence

from tidegate.errors.base import TidegateError, did_you_mean


class DuplicateRowsError(TidegateError):
    """Two different rows claim the same entity key, event_time and available_at."""

    def __init__(self, group: str, rows: int, example: str) -> None:
        super().__init__(
            f"feature group {group}: {rows} row(s) differ from another row of the same key, event_time and available_at, for "
            f"example {example}. Declare `sequence`, the column that orders them, or correct the source. Nothing was written."
        )


class ContradictingRowsError(TidegateError):
    """A row differs from the stored one of the same entity key, event_time and available_at."""

    def __init__(self, group: str, rows: int, example: str) -> None:
        super().__init__(
            f"feature group {group}: {rows} row(s) differ from the stored one of the same key, event_time and available_at, "
            f"for example {example}; which of the two counts would depend on the order of the batches. A correction has a later "
            "available_at; or declare `sequence`, the column that orders them; or delete the period with purge and load it "
            "again. Nothing was written."
        )


class SettledRowsError(TidegateError):
    """Rows would change what was known before the moment up to which a table was collapsed."""

    def __init__(self, group: str, rows: int, moment: str) -> None:
        super().__init__(
            f"feature group {group}: {rows} row(s) became known before {moment} and say something else than what the table held "
            "then. Maintenance has collapsed what was known up to that moment (collapse_after), so they can't be put in their "
            "place any more. Give them a later available_at, or load the group in a new version. Nothing was written."
        )


class HistoryError(TidegateError):
    """A group that keeps the latest observations alone was asked for what was known before."""

    def __init__(self, group: str) -> None:
        super().__init__(
            f"feature group {group} keeps the latest observations alone (history='latest'); what was known at an earlier moment "
            "is not there. Define a group with history='all' to keep it."
        )


class MissingGroupError(TidegateError):
    """A feature group that a view needs was never written."""

    def __init__(self, group: str, root: str, available: Iterable[str] = ()) -> None:
        names = sorted(available)
        there = f" Tables of feature groups there: {', '.join(names)}.{did_you_mean(group, names)}" if names else ""
        super().__init__(
            f"feature group {group} has no table under {root}.{there} Write it, or run the feature pipeline first: "
            "./spark-submit.sh jobs/feature_pipeline.py --system SYSTEM --from DAY --to DAY"
        )


class MissingPredictionsError(TidegateError):
    """No prediction table has this name."""

    def __init__(self, name: str, root: str, available: Iterable[str]) -> None:
        names = sorted(available)
        super().__init__(
            f"there is no prediction table {name!r} under {root}; available: {', '.join(names) or 'none'}."
            f"{did_you_mean(name, names)} A system's own is made by its inference pipeline: "
            "./spark-submit.sh jobs/inference_pipeline.py --system SYSTEM --day DAY"
        )


class MissingVersionError(TidegateError):
    """A table has no such version yet."""

    def __init__(self, table: str, version: int, newest: int) -> None:
        super().__init__(
            f"{table} has no table version {version}; the newest is {newest}. Versions count from 0; FeatureStore.history "
            "lists them."
        )


class MissingCatalogError(TidegateError):
    """A store has no catalog of features yet."""

    def __init__(self, root: str) -> None:
        super().__init__(
            f"root {root!r} has no catalog of features (table `features`). Give the root of a store with --root; a new one gets "
            "its catalog from the feature pipeline: ./spark-submit.sh jobs/feature_pipeline.py --system SYSTEM --day DAY"
        )


class UnknownGroupError(TidegateError):
    """The catalog, or a system, has no feature group of this name."""

    def __init__(self, group: str, available: Iterable[str], where: str = "the catalog") -> None:
        names = sorted(available)
        super().__init__(
            f"{where} has no feature group {group!r}; available: {', '.join(names) or 'none'}.{did_you_mean(group, names)}"
        )


class UnknownFeatureError(TidegateError):
    """No statistics are kept of a feature of this name."""

    def __init__(self, feature: str, available: Iterable[str]) -> None:
        names = sorted(set(available))
        super().__init__(
            f"no statistics are kept of a feature {feature!r}; available: {', '.join(names) or 'none'}."
            f"{did_you_mean(feature, names)} Personal columns have none."
        )


class MissingStatisticsError(TidegateError):
    """A store has no statistics of features yet."""

    def __init__(self, root: str) -> None:
        super().__init__(
            f"root {root!r} has no statistics of features. Every commit of a feature group records its own; run the feature "
            "pipeline first: ./spark-submit.sh jobs/feature_pipeline.py --system SYSTEM --from DAY --to DAY"
        )


class NothingToPredictError(TidegateError):
    """The spine has no row in the period."""

    def __init__(self, group: str, period: str) -> None:
        super().__init__(
            f"feature group {group} has no row to predict in {period}. Load these days: "
            "./spark-submit.sh jobs/feature_pipeline.py --system SYSTEM --from DAY --to DAY, or choose days that are loaded."
        )


class UnmappedTableError(TidegateError):
    """A Delta table lies under the root that the map of subjects doesn't know."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(
            f"the map of subjects doesn't know {', '.join(paths)} under the root: a person could stay there. Move the table out "
            "of the root, or, if it is a source's, into the landing zone; a table that shall be erased from is written through "
            "tidegate. Nothing was changed."
        )


class KeysFileError(TidegateError):
    """The file with the keys to delete can't be used."""

    def __init__(self, path: str, reason: str, allowed: Sequence[str]) -> None:
        super().__init__(
            f"keys file {path!r}: {reason}. Give a CSV file with a header that names some of {', '.join(allowed)}. "
            "Nothing was changed."
        )
