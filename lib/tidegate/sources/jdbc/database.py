"""Connect the driver's JVM to a database. User and password come from environment variables and are never shown."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from py4j.java_gateway import JavaClass
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from tidegate.errors import DatabaseError, DefinitionError
from tidegate.hadoop import error_text
from tidegate.jvm import java_class

_SECRET = re.compile(r"(?i)(password|passwd|pwd|user|username)\s*=|//[^/?;]*@")
# The class of the driver, and the package that contains it, by the name of the database in the url.
_DRIVERS = {
    "postgresql": ("org.postgresql.Driver", "org.postgresql:postgresql:42.7.14"),
    "mysql": ("com.mysql.cj.jdbc.Driver", "com.mysql:mysql-connector-j:VERSION"),
    "mariadb": ("org.mariadb.jdbc.Driver", "org.mariadb.jdbc:mariadb-java-client:VERSION"),
    "sqlserver": ("com.microsoft.sqlserver.jdbc.SQLServerDriver", "com.microsoft.sqlserver:mssql-jdbc:VERSION"),
    "oracle": ("oracle.jdbc.OracleDriver", "com.oracle.database.jdbc:ojdbc11:VERSION"),
}


@dataclass(frozen=True)
class Database:
    """A database, and where its user and password come from.

    Attributes:
        url: The JDBC url, without user and password.
        driver: The class of the JDBC driver; None: the usual one of the database in the url.
        user_variable: The environment variable with the user; None if the database needs none.
        password_variable: The environment variable with the password; None if the database needs none.
    """

    url: str
    driver: str | None
    user_variable: str | None
    password_variable: str | None

    def require_no_secret(self) -> None:
        """Raise DefinitionError if the url is no JDBC url, or has a user or password. The message does not show it."""
        if not self.url.startswith("jdbc:"):
            raise DefinitionError("jdbc: the url (not shown) is no JDBC url; write it as jdbc:postgresql://host:5432/database.")
        if _SECRET.search(self.url):
            raise DefinitionError(
                "jdbc: the url (not shown) contains a user or a password; leave them out, put them into environment variables, "
                "and give the names of these: Jdbc(user_variable='DB_USER', password_variable='DB_PASSWORD', ...)."
            )
        if self.driver is None and self._kind not in _DRIVERS:
            raise DefinitionError(
                f"jdbc: no driver is known for jdbc:{self._kind}; known: {', '.join(_DRIVERS)}. Give the class of the driver: "
                "Jdbc(driver='org.example.Driver', ...)."
            )

    def options(self, source: str) -> dict[str, str]:
        """Return the options for Spark's reader, with the password. Spark hides it in its plans, pages and logs."""
        return {"url": self.url, "driver": self._driver_class, **self._secrets(source)}

    @contextmanager
    def connected(self, spark: SparkSession, source: str) -> Iterator[Any]:
        """Yield a connection from the driver's JVM (`java.sql.Connection`), and close it afterwards.

        Raises:
            DatabaseError: A variable is not set, the JDBC driver is missing, or the database refused the connection or, inside
                the `with` block, a query.
        """
        properties = java_class(spark, "java.util.Properties")()
        for name, value in self._secrets(source).items():
            properties.setProperty(name, value)
        driver = java_class(spark, self._driver_class)
        if not isinstance(driver, JavaClass):
            raise self._without_driver(source)
        with self.failures(source):
            connection = driver().connect(self.url, properties)
            if connection is None:
                raise DatabaseError(source, self.url, "the JDBC driver doesn't know this url", "Correct the url.")
            try:
                yield connection
            finally:
                connection.close()

    @contextmanager
    def failures(self, source: str) -> Iterator[None]:
        """Turn errors of Spark and of the JDBC driver into ours."""
        try:
            yield
        except (Py4JError, PySparkException) as error:
            raise self.failure(source, error) from None

    def failure(self, source: str, error: Exception) -> DatabaseError:
        """Return the error for one of Spark or of the JDBC driver, without the user and the password."""
        text, secrets = error_text(error), self._secrets(source)
        if "password" in secrets:
            text = text.replace(secrets["password"], "***")
        if "user" in secrets:
            # Only as a whole word: a user may be called `a`.
            text = re.sub(rf"(?<!\w){re.escape(secrets['user'])}(?!\w)", "***", text)
        # It is cut last, since a part of a password would not be found.
        reason = " ".join(text.split())[:400].rstrip(".")
        return DatabaseError(source, self.url, reason, "Correct what the database complains about, and run the same again.")

    @property
    def _kind(self) -> str:
        return self.url.split(":")[1]

    @property
    def _driver_class(self) -> str:
        return self.driver or _DRIVERS[self._kind][0]

    def _without_driver(self, source: str) -> DatabaseError:
        package = _DRIVERS.get(self._kind, ("", "GROUP:ARTIFACT:VERSION"))[1]
        step = f"Start the job with ./spark-submit.sh --packages {package}, or with --jars and the path of the driver's jar."
        return DatabaseError(source, self.url, f"the JDBC driver {self._driver_class} is missing", step)

    def _secrets(self, source: str) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for name, variable in (("user", self.user_variable), ("password", self.password_variable)):
            if variable is None:
                continue
            value = os.environ.get(variable)
            if not value:
                reason = f"the environment variable {variable} with the {name} is not set"
                raise DatabaseError(source, self.url, reason, f"Set it before the job starts: export {variable}=...")
            found[name] = value
        return found
