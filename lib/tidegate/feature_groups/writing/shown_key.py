"""The key of a row in a form that a message may show."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from tidegate.feature_groups.definition import EVENT_TIME, FeatureGroup
from tidegate.subjects.keyed_hash import SubjectKey


def shown_key(group: FeatureGroup) -> Column:
    """Return entity key and event_time as text. Personal columns are shown as keyed hashes."""
    key = SubjectKey.for_this_process()
    shown = [
        F.concat(
            F.lit(f"{name}="),
            key.column(name).substr(1, 16) if name in group.personal_columns else F.col(name).cast("string"),
        )
        for name in group.entity_key
    ]
    # The time is shown in UTC, whatever the time zone of the session is.
    event = F.concat(F.to_utc_timestamp(EVENT_TIME, F.current_timezone()).cast("string"), F.lit(" UTC"))
    return F.concat_ws(", ", *shown, F.concat(F.lit(f"{EVENT_TIME}="), event))
