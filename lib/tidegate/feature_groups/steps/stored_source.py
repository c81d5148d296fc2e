"""The feature group that holds the rows of a source as they are, for steps that look back or join."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tidegate.errors import DefinitionError
from tidegate.feature_groups.definition import AVAILABLE_AT, EVENT_TIME, TIME_COLUMNS, TOMBSTONE, FeatureGroup
from tidegate.quarantine.table import ORIGIN
from tidegate.schema import quoted
from tidegate.sources.source import Source


def stored_source(source: Source) -> FeatureGroup:
    """Return the feature group that holds the rows of a source. It has the source's name and fields, and keeps all observations.

    Raises:
        DefinitionError: The source declares no `key` or no `event_time`.
    """
    missing = [role for role, given in (("key", source.key), (EVENT_TIME, source.times.get(EVENT_TIME))) if not given]
    if missing:
        raise DefinitionError(
            f"source {source.name!r}: a step reads it together with other inputs, or looks around an event. So its rows are "
            f"stored first, and for this the source needs {' and '.join(missing)}; fields: {', '.join(source.names)}."
        )
    return FeatureGroup(
        name=source.name,
        version=1,
        entity_key=source.key,
        fields=tuple(field for field in source.fields if field.name not in TIME_COLUMNS),
        description=f"Rows of the source {source.name}, as they were delivered",
        subject=source.subject,
        history="all",
        may_hold_back=source.may_hold_back,
    )


def copied_rows(rows: DataFrame, source: Source, group: FeatureGroup) -> DataFrame:
    """Return rows of a source as rows of a group whose fields are fields of the source. No job starts.

    Args:
        rows: Rows of the source, with its fields. The columns that tidegate adds are kept.
        source: The source. It declares which of its fields have the times.
        group: The feature group.
    """
    kept = [name for name in (TOMBSTONE, ORIGIN) if name in rows.columns]
    fields = [name for name in group.field_names if name not in kept]
    return rows.select(*map(quoted, fields), _time(source, EVENT_TIME), _time(source, AVAILABLE_AT), *kept)


def require_copyable(source: Source, group: FeatureGroup, where: str) -> None:
    """Check that the rows of a source can be rows of a group without a transformation.

    Raises:
        DefinitionError: A field of the group is no field of the source, or the source does not declare its `event_time`.
    """
    kinds = {each.name: each.type for each in source.fields}
    unknown = [each.name for each in group.fields if each.name not in kinds]
    other = [
        f"{each.name} ({kinds[each.name].simpleString()} there, {each.type.simpleString()} here)"
        for each in group.fields
        if each.name in kinds and kinds[each.name] != each.type
    ]
    problems = [f"the source has no field {', '.join(unknown)}"] if unknown else []
    problems += [f"fields have another type: {', '.join(other)}"] if other else []
    problems += [] if EVENT_TIME in source.times else ["the source does not declare event_time"]
    if problems:
        raise DefinitionError(
            f"{where} has no `build`, so it copies rows of source {source.name!r}, but {'; '.join(problems)}. Fields of the "
            f"source: {', '.join(source.names)}. Declare event_time in the source, or give the step a `build`."
        )


def _time(source: Source, role: str) -> Column:
    name = source.times.get(role)
    value = F.lit(None).cast("timestamp") if name is None else F.col(quoted(name))
    return value.alias(role)
