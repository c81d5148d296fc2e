"""The aggregates of a feature view in the catalog of features."""

from datetime import UTC, datetime

from tidegate.datasets.aggregates import Aggregates
from tidegate.datasets.view import FeatureView
from tidegate.feature_groups.catalog.features_table import FEATURE, PERSONAL, SUBJECT, CatalogEntry, record_entries
from tidegate.tables.store import Store

_COMPUTED_BY = "tidegate.Aggregates"


def record_aggregates(store: Store, view: FeatureView) -> None:
    """Record the aggregates of a view in the catalog. Stored features are recorded by the pipelines that write them."""
    entries = view_entries(view)
    if entries:
        record_entries(store, entries, datetime.now(UTC))


def view_entries(view: FeatureView) -> list[CatalogEntry]:
    """Return one entry for each aggregate of a view."""
    return [
        CatalogEntry(
            # A group can't have this name, so the entries of a group and a view of the same name stay apart.
            group=f"feature view {view.name}",
            group_version=view.version,
            feature=field.name,
            type=field.type.simpleString(),
            description=field.description,
            unit=field.unit,
            origin=field.origin or "",
            transformation=_COMPUTED_BY,
            transformation_hash=None,
            owner=choice.group.owner,
            since=1,
            role=FEATURE,
            personal=_personal(view, field.name),
        )
        for choice in view.choices
        if isinstance(choice, Aggregates)
        for field in choice.output_fields
    ]


def _personal(view: FeatureView, name: str) -> str | None:
    if name in view.subjects:
        return SUBJECT
    return PERSONAL if name in view.personal_columns else None
