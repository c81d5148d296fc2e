"""What a run of the feature pipeline is asked to load."""

from dataclasses import dataclass
from datetime import datetime

from tidegate.declared_types import require_declared_types
from tidegate.moments import require_moment
from tidegate.period import Period


@dataclass(frozen=True)
class LoadRequest:
    """What a run loads from sources, and what it says about the rows.

    Attributes:
        landing: URI of the landing zone, in which relative folders of sources lie; None: they are paths of Spark.
        arrived_at: When the files arrived. Rows without a time of their own became known then. None for a load of history.
        loaded_until: All that was known up to this moment is in the folders. It is recorded for the groups, also if there is no
            new file. None: `arrived_at`; for a load of history the newest available_at of the rows.
        days: The days to load, for sources with a folder for each day. None loads all days that are new.
        again: Whether to load files too that were loaded before, because code or declarations were corrected since.
        dry_run: Whether to read and validate the files only, and write nothing.

    Raises:
        NaiveMomentError: A moment has no time zone.
    """

    landing: str | None = None
    arrived_at: datetime | None = None
    loaded_until: datetime | None = None
    days: Period | None = None
    again: bool = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        require_declared_types(self)
        require_moment(self.arrived_at, "arrived_at of a load")
        require_moment(self.loaded_until, "loaded_until of a load")

    @property
    def looked_at(self) -> datetime | None:
        """When somebody looked for news in the sources; None if the caller does not say."""
        return self.loaded_until or self.arrived_at
