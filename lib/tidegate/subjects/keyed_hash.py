"""Keyed hashes of subjects: the only form in which a person may appear in a list, message, log or receipt."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator

import pandas as pd
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf

from tidegate.errors import MissingSecretError

SECRET_VARIABLE = "TIDEGATE_SUBJECT_KEY"
_MINIMUM_LENGTH = 32


class SubjectKey:
    """A secret that turns a subject's identifier into a hash nobody can search without it (HMAC-SHA-256, RFC 2104)."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def __repr__(self) -> str:
        return f"SubjectKey(fingerprint={self.fingerprint!r})"

    @classmethod
    def from_environment(cls) -> "SubjectKey":
        """Read the secret from the environment.

        Raises:
            MissingSecretError: The variable is not set, or too short to be a secret.
        """
        secret = os.environ.get(SECRET_VARIABLE, "")
        if len(secret) < _MINIMUM_LENGTH:
            raise MissingSecretError(SECRET_VARIABLE, _MINIMUM_LENGTH)
        return cls(secret.encode())

    @classmethod
    def for_this_process(cls) -> "SubjectKey":
        """Return the environment's key, or where there is none a random one that only serves messages of this process."""
        try:
            return cls.from_environment()
        except MissingSecretError:
            return cls(secrets.token_bytes(_MINIMUM_LENGTH))

    @property
    def fingerprint(self) -> str:
        """Tells two keys apart without revealing either."""
        return self.digest("tidegate subject key")[:16]

    def digest(self, value: str) -> str:
        """Return the keyed hash of one identifier, 64 hexadecimal digits."""
        return hmac.new(self._secret, value.encode(), hashlib.sha256).hexdigest()

    def column(self, value: str | Column) -> Column:
        """Return the keyed hash of a column, given by name or as an expression, cast to string; NULL stays NULL.

        A pandas UDF and not SQL functions: a literal of the secret would stand in the query plan and its logs. Each
        distinct value of an Arrow batch is hashed once.
        """
        secret = self._secret
        # Bytes that are no text would stop Python, and with it every write.
        text = F.make_valid_utf8((F.col(value) if isinstance(value, str) else value).cast("string"))

        def keyed_hash(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
            for values in batches:
                distinct = {v: hmac.new(secret, v.encode(), hashlib.sha256).hexdigest() for v in values.dropna().unique()}
                yield values.map(distinct).astype(object)

        hashed: Column = pandas_udf(keyed_hash, "string")(text)  # type: ignore[call-overload]
        return hashed
