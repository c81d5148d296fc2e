"""What a commit records in the log of its table: a token, so that no batch is committed twice, and a note."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.sql import SparkSession

from tidegate.tables.internals.spark_plans import session_copy

# The key of the note with the event times that a commit changed. A commit that only arranges or removes rows notes an empty list:
# it changes nothing that is known about the rows that stay.
CHANGED = "changed"
NOTHING_CHANGED: Mapping[str, object] = {CHANGED: []}


@dataclass(frozen=True)
class Commit:
    """The metadata that a commit records in the log of its table.

    Attributes:
        token: A name that no other commit of the table has. Delta skips a second commit with the same token. None: no token.
        note: Stored as JSON in the userMetadata of the commit; it must not contain personal values.
    """

    token: str | None = None
    note: Mapping[str, object] = field(default_factory=dict)

    def writer_options(self) -> dict[str, str]:
        """Return the options with which a DataFrame writer records token and note."""
        return {**self._note("userMetadata"), **self._token("txnAppId", "txnVersion")}

    def session(self, spark: SparkSession) -> SparkSession:
        """Return a session for one MERGE, DELETE or UPDATE; these commands read token and note only from settings.

        It is a copy of the given session, so that the settings of the caller and of other threads do not change.
        """
        if not self.token and not self.note:
            return spark
        copy = session_copy(spark)
        settings = "spark.databricks.delta.write.txnAppId", "spark.databricks.delta.write.txnVersion"
        for key, value in {**self._note("spark.databricks.delta.commitInfo.userMetadata"), **self._token(*settings)}.items():
            copy.conf.set(key, value)
        return copy

    def _note(self, key: str) -> dict[str, str]:
        return {key: json.dumps(self.note, sort_keys=True, default=str)} if self.note else {}

    def _token(self, name: str, version: str) -> dict[str, str]:
        # Every token has version 0. If versions grew from batch to batch, Delta would silently skip a batch with a lower version.
        return {name: self.token, version: "0"} if self.token else {}
