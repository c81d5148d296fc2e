"""What a commit carries beside its rows: a token that makes it happen once, and a note."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.sql import SparkSession

from tidegate.tables.internals.spark_plans import session_copy


@dataclass(frozen=True)
class Commit:
    """What stands in the log with a commit.

    Attributes:
        token: A name that no other commit of the table has; a second commit of it is left out by Delta. None: no token.
        note: Kept as JSON in the commit's userMetadata; no personal value may be in it.
    """

    token: str | None = None
    note: Mapping[str, object] = field(default_factory=dict)

    def writer_options(self) -> dict[str, str]:
        """Return the options of a DataFrame writer."""
        return {**self._note("userMetadata"), **self._token("txnAppId", "txnVersion")}

    def session(self, spark: SparkSession) -> SparkSession:
        """Return a session for one MERGE, DELETE or UPDATE, which take token and note from settings alone.

        It is a copy of the given one: the caller's settings stay as they are, also for what runs beside in other threads.
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
        # Version 0 for every token: of a growing version over batches Delta would skip a lower one without a word.
        return {name: self.token, version: "0"} if self.token else {}
