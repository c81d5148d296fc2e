"""Keyed hashes of people: the only form in which a person may appear in a list, message, log or receipt."""

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
    """A secret that hashes identifiers (HMAC-SHA-256, RFC 2104). Without it, nobody can find out whom a hash stands for."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def __repr__(self) -> str:
        return f"SubjectKey(fingerprint={self.fingerprint!r})"

    @classmethod
    def from_environment(cls) -> "SubjectKey":
        """Read the secret from the environment variable `TIDEGATE_SUBJECT_KEY`.

        Raises:
            MissingSecretError: The variable is not set, or its value is too short to be a secret.
        """
        secret = os.environ.get(SECRET_VARIABLE, "")
        if len(secret) < _MINIMUM_LENGTH:
            raise MissingSecretError(SECRET_VARIABLE, _MINIMUM_LENGTH)
        return cls(secret.encode())

    @classmethod
    def for_this_process(cls) -> "SubjectKey":
        """Return the environment's key; if there is none, a random key that is good only for the messages of this process."""
        try:
            return cls.from_environment()
        except MissingSecretError:
            return cls(secrets.token_bytes(_MINIMUM_LENGTH))

    @property
    def fingerprint(self) -> str:
        """A short hash that tells two keys apart without revealing either."""
        return self.digest("tidegate subject key")[:16]

    def digest(self, value: str) -> str:
        """Return the keyed hash of one identifier as 64 hexadecimal digits."""
        return hmac.new(self._secret, value.encode(), hashlib.sha256).hexdigest()

    def column(self, value: str | Column) -> Column:
        """Return the keyed hash of each value of a column; NULL stays NULL.

        The hash is computed in a pandas UDF: a SQL function would need the secret as a literal, and the literal would appear in
        query plans and logs. Each distinct value of an Arrow batch is hashed once.

        Args:
            value: A column by name or as an expression. Its values are cast to string first.
        """
        secret = self._secret
        # Python fails on bytes that are not valid UTF-8, and then every write would fail.
        text = F.make_valid_utf8((F.col(value) if isinstance(value, str) else value).cast("string"))

        def keyed_hash(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
            for values in batches:
                distinct = {v: hmac.new(secret, v.encode(), hashlib.sha256).hexdigest() for v in values.dropna().unique()}
                yield values.map(distinct).astype(object)

        hashed: Column = pandas_udf(keyed_hash, "string")(text)  # type: ignore[call-overload]
        return hashed
