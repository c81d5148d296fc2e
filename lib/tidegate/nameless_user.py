"""Support for a user id without a name on this machine, as in a container that runs under an arbitrary user id."""

import os
import pwd
from collections.abc import Mapping
from tempfile import gettempdir

from pyspark import SparkConf, SparkContext

from tidegate.jvm import named_class


def user_name() -> str | None:
    """Return a name to use if the password file has none for the user of this process; None if it has one."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return os.environ.get("HADOOP_USER_NAME") or f"uid{os.geteuid()}"
    return None


def nameless_options() -> str:
    """Return the JVM options that set the name and home of a user without a name; empty for a user with a name."""
    name = user_name()
    if name is None:
        return ""
    # Without these options Java uses `?` for both, which Spark's package resolver does not accept as a folder.
    home = os.environ.get("HOME", "")
    return f'-Duser.name={name} "-Duser.home={home if os.path.isabs(home) else gettempdir()}"'


def log_in(name: str, settings: Mapping[str, str]) -> None:
    """Set Hadoop's user in the driver's JVM; otherwise Hadoop asks the machine for a name that does not exist, and fails.

    Args:
        name: The user's name, as files on HDFS and Spark's pages show it.
        settings: Spark settings with which to start the JVM if it is not running yet.
    """
    SparkContext._ensure_initialized(conf=SparkConf(loadDefaults=False).setAll(list(settings.items())))
    users = named_class(SparkContext._jvm, "org.apache.hadoop.security.UserGroupInformation")
    users.setLoginUser(users.createRemoteUser(name))
